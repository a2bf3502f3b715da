internal import Net
internal import Rooms
internal import TestKit
internal import Testing

/// The first frame with the key, and what comes with it.
@Suite(.timeLimit(.minutes(1))) struct FirstFrameTests {
    @Test func framesOfTheSameReadAreSaidAfterTheLogin() async throws {
        try await TestServer.run { server in
            let alice = try await server.open()
            try await alice.send(
                .text(#"{"session_key":"alice"}"#), .text(#"{"message":"one"}"#), .text(#"{"message":"two"}"#))
            #expect(await alice.frame()?.text.hasPrefix(#"{"authenticated":true,"user":"Alice""#) == true)
            #expect(await alice.frame()?.text.contains(#""message":"one""#) == true)
            #expect(await alice.frame()?.text.contains(#""message":"two""#) == true)
        }
    }

    @Test func readsThatComeBeforeTheWelcomeAreSaidAfterIt() async throws {
        try await TestServer.run { server in
            server.sessions.lookups.close()
            let alice = try await server.open()
            try await alice.send(.text(#"{"session_key":"alice"}"#))
            await server.sessions.lookups.holds()
            try await alice.send(.text(#"{"message":"one"}"#))
            try await alice.send(.text(#"{"message":"two"}"#))
            server.sessions.lookups.open()
            #expect(await alice.frame()?.text.hasPrefix(#"{"authenticated":true"#) == true)
            #expect(await alice.frame()?.text.contains(#""message":"one""#) == true)
            #expect(await alice.frame()?.text.contains(#""message":"two""#) == true)
        }
    }

    /// More than may wait comes with the key: reading pauses and goes on.
    @Test func moreThanMayWaitIsSaidAfterTheLogin() async throws {
        var limits = NetLimits.test
        limits.inboundMessagesMax = 4
        try await TestServer.run(limits: limits) { server in
            let alice = try await server.open()
            let texts = (1...50).map { Frame.text(#"{"message":"\#($0)"}"#) }
            try await alice.send(([.text(#"{"session_key":"alice"}"#)] + texts).flatMap(\.bytes))
            #expect(await alice.frame()?.text.hasPrefix(#"{"authenticated":true"#) == true)
            for number in 1...50 { #expect(await alice.frame()?.text.contains("\"message\":\"\(number)\"") == true) }
        }
    }

    /// nodejschat's page sends its key with every message, its test client numbers.
    @Test func aKeyBesideAMessageLogsInAndIsIgnoredLater() async throws {
        try await TestServer.run { server in
            let alice = try await server.open()
            try await alice.send(.text(#"{"session_key":"alice","message":"first"}"#))
            #expect(await alice.frame()?.text.hasPrefix(#"{"authenticated":true"#) == true)
            #expect(await alice.frame()?.text.contains(#""user":"Alice","message":"first""#) == true)
            try await alice.send(
                .text(#"{"session_key":"alice","message":"second"}"#), .text(#"{"session_key":"bob","message":42}"#),
                .text(#"{"message":-0.5e3}"#))
            #expect(await alice.frame()?.text.contains(#""user":"Alice","message":"second""#) == true)
            #expect(await alice.frame()?.text.contains(#""user":"Alice","message":"42""#) == true)
            #expect(await alice.frame()?.text.contains(#""user":"Alice","message":"-0.5e3""#) == true)
        }
    }

    @Test func aBadMessageBesideTheKeyIsToldAfterTheLogin() async throws {
        try await TestServer.run { server in
            let alice = try await server.open()
            try await alice.send(.text(#"{"session_key":"alice","message":""}"#))
            #expect(await alice.frame()?.text.hasPrefix(#"{"authenticated":true"#) == true)
            #expect(await alice.frame()?.text.contains(#""code":"bad_message""#) == true)
        }
    }

    @Test(arguments: [#"{"session_key":7,"message":"hi"}"#, #"{"session_key":null}"#, #"{"message":"hi"}"#, "{", "[]"])
    func aFirstFrameWithoutAGoodKeyEndsWith4401(text: String) async throws {
        try await TestServer.run { server in
            let nobody = try await server.open()
            try await nobody.send(.text(text), .text(#"{"session_key":"alice"}"#))
            #expect(await nobody.frame()?.closeCode == 4401)
        }
    }
}
