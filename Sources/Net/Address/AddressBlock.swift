/// A block of addresses, or one: `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.1` (RFC 4632, RFC 4291 section 2.3).
package struct AddressBlock: Sendable, Hashable {
    private let first: IPAddress
    /// The number of leading bits, of 128, that an address shares with `first`.
    private let length: Int

    /// Parses a block; nil if the text is not one, or if bits after its prefix length are set.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = IPAddress(parts[0]) else { return nil }
        // The prefix length of an IPv4 block does not include the bits that mark an IPv4 address.
        let offset = first.isV4 && !parts[0].contains(":") ? 96 : 0
        var length = 128
        if parts.count > 1 {
            guard let bits = Self.decimal(parts[1]), bits + offset <= 128 else { return nil }
            length = bits + offset
        }
        self.first = first
        self.length = length
        guard Self.leading(length, of: first) == first else { return nil }
    }

    /// Whether an address is in the block; an IPv4 address is in a block of IPv4 addresses only.
    package func contains(_ address: IPAddress) -> Bool {
        guard length >= 96 || !address.isV4 else { return false }
        return Self.leading(length, of: address) == first
    }

    private static func leading(_ bits: Int, of address: IPAddress) -> IPAddress {
        // Shifts by more than the width give 0.
        IPAddress(
            high: address.high & ~(UInt64.max >> min(64, bits)), low: address.low & ~(UInt64.max >> max(0, bits - 64)))
    }

    private static func decimal(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 3, text == "0" || text.first != "0",
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int(text)
    }
}

extension AddressBlock: CustomStringConvertible {
    /// The block as a configuration states it, such as `10.0.0.0/8`.
    public var description: String { "\(first)/\(length >= 96 && first.isV4 ? length - 96 : length)" }
}
