import Testing

@testable import LoadClient

/// Addresses of the load client.
@Suite struct LoadTargetTests {
    @Test(arguments: [
        ("ws://127.0.0.1:56412/?session_key=1", "127.0.0.1", 56412, false),
        ("wss://chat.example.org", "chat.example.org", 443, true), ("ws://[::1]:80?x=1", "::1", 80, false),
        ("ws://[::1]", "::1", 80, false),
    ])
    func anAddressIsTakenApart(url: String, host: String, port: Int, isEncrypted: Bool) throws {
        let target = try #require(LoadTarget(url))
        #expect(target.host == host)
        #expect(target.port == port)
        #expect(target.isEncrypted == isEncrypted)
    }

    @Test(arguments: [
        "http://x", "ws://", "ws://:80", "ws://x:0", "ws://x:70000", "ws://a b", "ws://x\r\ny", "x", "ws://u@x",
    ])
    func whatIsNoAddressIsRefused(url: String) { #expect(LoadTarget(url) == nil) }

    @Test func aFreshConnectionAsksForNoHistoryUnlessTold() throws {
        let plain = try #require(LoadTarget("ws://x/chat?session_key=k{n}"))
        #expect(plain.requestTarget(connection: 7, resumingAt: nil) == "/chat?session_key=k7&history=0")
        #expect(!plain.asksForHistory)
        let told = try #require(LoadTarget("ws://x?history=5"))
        #expect(told.requestTarget(connection: 1, resumingAt: nil) == "/?history=5")
        #expect(told.asksForHistory)
    }

    @Test func aResumeReplacesWhatTheOperatorGave() throws {
        let target = try #require(LoadTarget("ws://x/?session_key=k&after=3&epoch=old"))
        #expect(target.requestTarget(connection: 1, resumingAt: nil) == "/?session_key=k&history=0&after=3&epoch=old")
        #expect(
            target.requestTarget(connection: 1, resumingAt: .init(seq: 9, epoch: "a b/é"))
                == "/?session_key=k&history=0&after=9&epoch=a%20b%2F%C3%A9")
    }
}
