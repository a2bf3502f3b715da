import NIOCore
import NIOEmbedded
import Testing

@testable import Net

/// When browsers are told to come by TLS only (RFC 6797 section 7.2: over TLS and never else).
@Suite struct StrictTransportTests {
    private func field(isEncrypted: Bool, from client: IPAddress?, _ fields: String = "") throws -> Bool {
        let proxies = TrustedProxies(["10.0.0.0/8"].compactMap { AddressBlock($0) })
        let strict = StrictTransport(seconds: 300, isEncrypted: isEncrypted, proxies: proxies)
        let http = try HTTPFixture(
            PageRoutes(webSocket: .sameHost(port: 1, tls: true)).routes, strictTransport: strict)
        if let client { http.channel.pipeline.fireUserInboundEventTriggered(ProxiedClient(address: client)) }
        return try http.get("/chat", fields).contains("\nStrict-Transport-Security: max-age=300\n")
    }

    @Test func isSentOverTLSOnly() throws {
        let (proxy, other) = (IPAddress("10.1.2.3"), IPAddress("203.0.113.9"))
        let https = "X-Forwarded-Proto: https\n"
        let sent = try [
            field(isEncrypted: true, from: nil), field(isEncrypted: true, from: other),
            field(isEncrypted: false, from: proxy, https),
        ]
        #expect(sent == [true, true, true])
        let unsent = try [
            field(isEncrypted: false, from: nil), field(isEncrypted: false, from: nil, https),
            field(isEncrypted: false, from: other, https), field(isEncrypted: false, from: proxy),
            field(isEncrypted: false, from: proxy, "X-Forwarded-Proto: http\n"),
        ]
        #expect(unsent == [false, false, false, false, false])
    }

    @Test func isOffUnlessWanted() throws {
        #expect(try !HTTPFixture.page().get("/chat").contains("Strict-Transport"))
    }
}
