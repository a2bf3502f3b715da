internal import NIOHTTP1
internal import Synchronization

/// The proxies in front of the server: what they say of a client is believed, and what anybody else says is not.
public final class TrustedProxies: Sendable {
    private let blocks: Mutex<[AddressBlock]>

    /// Trusts the machines in these blocks.
    public init(_ blocks: [AddressBlock] = []) { self.blocks = Mutex(blocks) }

    /// Trusts the machines in these blocks from now on, and no others. From any isolation.
    public func trust(_ blocks: [AddressBlock]) { self.blocks.withLock { $0 = blocks } }

    /// Whether a machine is trusted.
    func contains(_ address: IPAddress) -> Bool { blocks.withLock { $0.contains { $0.contains(address) } } }

    /// Whose request this is, by the `X-Forwarded-For` that proxies have appended to.
    ///
    /// Each proxy appends the address that it was asked from, so the list is believed from its end on, as far as proxies go:
    /// the first that is none is the client. What is no address ends the walk; the last good one counts.
    ///
    /// - Parameter sender: from where the request came to this server.
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

    /// Whether a trusted sender says that the client has come to it by TLS.
    func isEncrypted(_ headers: HTTPHeaders, from sender: IPAddress) -> Bool {
        let schemes = headers["x-forwarded-proto"]
        return schemes.count == 1 && schemes[0].lowercased() == "https" && contains(sender)
    }

    /// An entry of the list; some proxies write a port behind the address.
    private static func address(_ entry: Substring) -> IPAddress? {
        var text = entry.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]"), isPort(text[text.index(after: end)...]) else { return nil }
            return IPAddress(text[text.index(after: text.startIndex)..<end])
        }
        guard let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") else { return IPAddress(text) }
        return isPort(text[colon...]) ? IPAddress(text[..<colon]) : nil
    }

    /// Nothing, or a colon and a number.
    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || text.first == ":" && UInt16(text.dropFirst()) != nil
    }
}
