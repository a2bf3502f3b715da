internal import Testing

@testable internal import Net

/// A host with or without a port.
@Suite struct AuthorityTests {
    @Test(
        arguments: [
            ("chat.example", "chat.example", nil), ("chat.example:80", "chat.example", 80),
            ("192.0.2.1:0", "192.0.2.1", 0),
            ("[2001:db8::1]", "2001:db8::1", nil), ("[2001:db8::1]:65535", "2001:db8::1", 65_535), ("x:", "x", nil),
        ] as [(String, String, UInt16?)])
    func separatesTheHostFromThePort(text: String, host: String, port: UInt16?) throws {
        let authority = try #require(Authority(text))
        #expect(authority.host == host)
        #expect(authority.port == port)
    }

    @Test(arguments: [
        "", ":80", "a]b", "[]", "[]:80", "[::1", "[::1]x", "[::1]80", "::1", "a:b:80", "x:65536", "x:+1", "x:-1",
        "x:1a",
        "x:\u{661}",
    ])
    func refusesOtherTexts(text: String) { #expect(Authority(text) == nil) }
}
