internal import NIOHTTP1
internal import Testing

@testable internal import Net

/// Whom `X-Forwarded-For` names, and who is believed.
@Suite struct TrustedProxiesTests {
    private let proxies = TrustedProxies(["10.0.0.0/8", "2001:db8:ffff::/48"].compactMap { AddressBlock($0) })

    private func client(_ fields: [String], from sender: String = "10.0.0.1") throws -> String {
        let headers = HTTPHeaders(fields.map { ("X-Forwarded-For", $0) })
        return proxies.client(headers, from: try #require(IPAddress(sender))).description
    }

    @Test(arguments: [
        (["203.0.113.9"], "203.0.113.9"),
        ([], "10.0.0.1"),
        // What the client claims stands ahead of what the proxy has seen.
        (["1.2.3.4, 203.0.113.9"], "203.0.113.9"),
        (["1.2.3.4", "203.0.113.9"], "203.0.113.9"),
        (["203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        (["203.0.113.9", "10.0.0.2,10.0.0.3"], "203.0.113.9"),
        (["1.2.3.4,203.0.113.9\t,  2001:db8:ffff::2 , ::ffff:10.0.0.3"], "203.0.113.9"),
        (["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        // Some proxies add the port.
        (["203.0.113.9:4711"], "203.0.113.9"), (["[2001:db8::9]:4711"], "2001:db8::9"),
        (["[2001:db8::9]"], "2001:db8::9"),
        (["2001:db8::9"], "2001:db8::9"), (["::ffff:203.0.113.9"], "203.0.113.9"),
        // What is no address ends the walk.
        (["203.0.113.9, unknown"], "10.0.0.1"), (["203.0.113.9, unknown, 10.0.0.2"], "10.0.0.2"),
        (["203.0.113.9,"], "10.0.0.1"), ([""], "10.0.0.1"), ([","], "10.0.0.1"), ([":"], "10.0.0.1"),
        (["203.0.113.9:x"], "10.0.0.1"), (["203.0.113.9:65536"], "10.0.0.1"), (["[203.0.113.9"], "10.0.0.1"),
        (["[2001:db8::9]x"], "10.0.0.1"), (["[]"], "10.0.0.1"), (["\"203.0.113.9\""], "10.0.0.1"),
        (["203.0.113.9\r\n\u{1b}[31m"], "10.0.0.1"),
    ])
    func takesTheLastThatIsNoProxy(fields: [String], address: String) throws {
        #expect(try client(fields) == address)
    }

    @Test func believesNobodyElse() throws {
        #expect(try client(["1.2.3.4"], from: "203.0.113.9") == "203.0.113.9")
        proxies.trust(["203.0.113.9"].compactMap { AddressBlock($0) })
        #expect(try client(["1.2.3.4"], from: "203.0.113.9") == "1.2.3.4")
        #expect(try client(["1.2.3.4"], from: "10.0.0.1") == "10.0.0.1")
    }

    @Test(arguments: [
        (["https"], "10.0.0.1", true), (["HTTPS"], "10.0.0.1", true), (["http"], "10.0.0.1", false),
        ([], "10.0.0.1", false),
        (["https"], "203.0.113.9", false), (["https", "http"], "10.0.0.1", false), (["https, http"], "10.0.0.1", false),
    ])
    func believesAProxyThatTheClientCameByTLS(fields: [String], sender: String, isEncrypted: Bool) throws {
        let headers = HTTPHeaders(fields.map { ("X-Forwarded-Proto", $0) })
        let sender = try #require(IPAddress(sender))
        #expect(proxies.isEncrypted(headers, from: sender) == isEncrypted)
    }
}
