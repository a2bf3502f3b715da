internal import NIOHTTP1

/// Makes browsers that connect with TLS use only TLS (RFC 6797).
package struct StrictTransport: Sendable {
    private let value: String
    private let isEncrypted: Bool
    private let proxies: TrustedProxies

    /// - Parameters:
    ///   - seconds: how long this holds after each response, above 0.
    ///   - isEncrypted: whether the listener itself uses TLS.
    ///   - proxies: the proxies that may report with `X-Forwarded-Proto` that their client uses TLS.
    package init(seconds: Int, isEncrypted: Bool, proxies: TrustedProxies) {
        value = "max-age=\(seconds)"
        self.isEncrypted = isEncrypted
        self.proxies = proxies
    }

    /// Adds the field to a response over TLS; over plain HTTP it must not be sent (RFC 6797 section 7.2).
    func add(to reply: inout HTTPReply, for request: HTTPHeaders, from sender: IPAddress) {
        guard isEncrypted || proxies.isEncrypted(request, from: sender) else { return }
        reply.headers.replaceOrAdd(name: "Strict-Transport-Security", value: value)
    }
}
