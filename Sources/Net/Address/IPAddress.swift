internal import NIOCore

/// The address of a machine, without a port: 16 bytes, IPv4 as `::ffff:a.b.c.d` (RFC 4291 section 2.5.5.2).
///
/// So an IPv4 client of a dual-stack socket is the same however its address is written.
package struct IPAddress: Sendable, Hashable {
    /// The first eight bytes as a number.
    let high: UInt64
    /// The last eight bytes as a number.
    let low: UInt64

    /// `::`, the address of no machine: for a socket whose remote address is not known any more.
    static let unspecified = IPAddress(high: 0, low: 0)

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// An IPv4 address as a number.
    init(v4: UInt32) { self.init(high: 0, low: Self.v4Prefix | UInt64(v4)) }

    /// Parses `192.0.2.1` or `2001:db8::1`; nil for any other text, also for one with a port, a zone or spaces.
    package init?(_ text: some StringProtocol) {
        // The system's parser stops at a NUL and asks the resolver about a zone.
        guard text.utf8.count <= Self.charactersMax, text.utf8.allSatisfy(Self.isOfAnAddress),
            let address = try? SocketAddress(ipAddress: String(text), port: 0)
        else { return nil }
        self.init(address)
    }

    /// The IP address in a socket address; nil if there is none.
    init?(_ address: SocketAddress) {
        switch address {
        case .v4(let address):
            // The kernel's layout: two bytes of family, two of port, four of address; all are within the value.
            let bytes = unsafe withUnsafeBytes(of: address.address) {
                unsafe $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
            }
            self.init(v4: UInt32(bigEndian: bytes))
        case .v6(let address):
            // The kernel's layout: family, port and flow take eight bytes; the address takes the next sixteen; all are
            // within the value.
            let (high, low) = unsafe withUnsafeBytes(of: address.address) {
                unsafe (
                    $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                    $0.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
                )
            }
            self.init(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
        case .unixDomainSocket: return nil
        }
    }

    /// The remote address of a socket; `unspecified` if it is not connected any more.
    init(peerOf channel: any Channel) { self = channel.remoteAddress.flatMap { IPAddress($0) } ?? .unspecified }

    /// Whether this is an IPv4 address.
    var isV4: Bool { high == 0 && low & ~0xFFFF_FFFF == Self.v4Prefix }

    /// The addresses that count as one client: an IPv4 address, or the /64 of an IPv6 address (RFC 6177).
    var network: IPAddress { isV4 ? self : IPAddress(high: high, low: 0) }

    /// The longest text of an address: `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`.
    private static let charactersMax = 45
    private static let v4Prefix: UInt64 = 0xFFFF_0000_0000

    private static func isOfAnAddress(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: ":"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// The shortest usual text (RFC 5952): digits, letters, dots and colons only.
    package var description: String {
        if isV4 { return [24, 16, 8, 0].map { String(low >> $0 & 0xFF) }.joined(separator: ".") }
        var bytes = ByteBuffer()
        bytes.writeMultipleIntegers(high, low)
        // The system can format any 16 bytes.
        return (try? SocketAddress(packedIPAddress: bytes, port: 0))?.ipAddress ?? "::"
    }
}
