internal import NIOHTTP1
internal import Synchronization

/// The trusted proxies in front of the server; only what they report about a client is accepted.
package final class TrustedProxies: Sendable {
    private let blocks: Mutex<[AddressBlock]>

    /// Trusts the machines in these blocks.
    package init(_ blocks: [AddressBlock] = []) { self.blocks = Mutex(blocks) }

    /// Trusts the machines in these blocks from now on, and no others. From any isolation.
    package func trust(_ blocks: [AddressBlock]) { self.blocks.withLock { $0 = blocks } }

    /// Whether a machine is trusted.
    func contains(_ address: IPAddress) -> Bool { blocks.withLock { $0.contains { $0.contains(address) } } }

    /// Returns the client of a request, by the `X-Forwarded-For` entries that proxies have appended.
    ///
    /// Each proxy appends the address that its request came from. The list is read from its end: the first address that
    /// is not a trusted proxy is the client. An invalid entry ends the search; the last valid address counts.
    ///
    /// - Parameter sender: the address from which the request came to this server.
    func client(_ headers: HTTPHeaders, from sender: IPAddress) -> IPAddress {
        var client = sender
        for value in headers["x-forwarded-for"].reversed() {
            for entry in value.split(separator: ",", omittingEmptySubsequences: false).reversed() {
                guard contains(client), let address = Self.address(entry) else { return client }
                client = address
            }
        }
        return client
    }

    /// Whether a trusted sender reports that the client uses TLS.
    func isEncrypted(_ headers: HTTPHeaders, from sender: IPAddress) -> Bool {
        let schemes = headers["x-forwarded-proto"]
        return schemes.count == 1 && schemes[0].lowercased() == "https" && contains(sender)
    }

    /// Parses an entry of the list; some proxies add a port to the address.
    private static func address(_ entry: Substring) -> IPAddress? {
        var text = entry.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return IPAddress(text) ?? Authority(text).flatMap { IPAddress($0.host) }
    }
}
