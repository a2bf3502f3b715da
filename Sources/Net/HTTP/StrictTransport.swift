internal import NIOHTTP1

/// Tells browsers that have come by TLS to come by TLS only (RFC 6797).
public struct StrictTransport: Sendable {
    private let value: String
    private let isEncrypted: Bool
    private let proxies: TrustedProxies

    /// - Parameters:
    ///   - seconds: for how long after each answer, above 0.
    ///   - isEncrypted: whether the listener itself speaks TLS.
    ///   - proxies: who may say, by `X-Forwarded-Proto`, that its client came by TLS.
    public init(seconds: Int, isEncrypted: Bool, proxies: TrustedProxies) {
        value = "max-age=\(seconds)"
        self.isEncrypted = isEncrypted
        self.proxies = proxies
    }

    /// Adds the field to an answer that goes over TLS; over plain HTTP it must not be sent (RFC 6797 section 7.2).
    func add(to reply: inout HTTPReply, for request: HTTPHeaders, from sender: IPAddress) {
        guard isEncrypted || proxies.isEncrypted(request, from: sender) else { return }
        reply.headers.replaceOrAdd(name: "Strict-Transport-Security", value: value)
    }
}
