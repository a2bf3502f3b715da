internal import NIOCore
internal import Net
internal import Rooms
internal import TestKit
internal import Testing

/// What clients and the server say to each other over real sockets.
@Suite struct ConversationTests {
    @Test(arguments: [
        ("/?session_key=alice", []), ("/", ["Cookie: a=b; session_key=alice"]), ("/", ["Authorization: Bearer alice"]),
        ("/anything?session_key=al%69ce", []),
    ])
    func welcomesFirst(target: String, headers: [String]) async throws {
        try await TestServer.run { server in
            let alice = try await server.open(target, headers: headers)
            #expect(
                await alice.frame()?.text
                    == #"{"authenticated":true,"user":"Alice","room":0,"role":"member","epoch":"epoch-1","#
                    + #""last_seq":0,"resumed":false}"#)
        }
    }

    @Test func welcomesAfterTheKeyInTheFirstFrame() async throws {
        try await TestServer.run { server in
            let alice = try await server.open()
            try await alice.send(.text(#"{"session_key":"alice"}"#))
            #expect(await alice.frame()?.text.hasPrefix(#"{"authenticated":true,"user":"Alice""#) == true)
            try await alice.say("hello")
            #expect(await alice.frame()?.text.contains(#""user":"Alice","message":"hello""#) == true)
        }
    }

    @Test func showsHistoryThenItsOwnMessage() async throws {
        try await TestServer.run { server in
            server.store.elsewhere((1...5).map { "old \($0)" }, in: RoomID(0))
            let alice = try await server.login("alice", "&history=2")
            try await alice.send(.text(#"{"message":"Grüße","id":"a1"}"#))
            #expect(await alice.frame()?.seq == 4)
            #expect(await alice.frame()?.seq == 5)
            let own = await alice.frame()
            #expect(own?.text.hasPrefix(#"{"seq":6,"time":""#) == true)
            #expect(own?.text.hasSuffix(#"Z","user":"Alice","message":"Grüße","id":"a1"}"#) == true)
        }
    }

    @Test func resumesWhereTheClientWas() async throws {
        try await TestServer.run { server in
            server.store.elsewhere((1...5).map { "old \($0)" }, in: RoomID(0))
            let alice = try await server.open("/?session_key=alice&after=3&epoch=epoch-1")
            #expect(await alice.frame()?.text.hasSuffix(#""last_seq":5,"resumed":true}"#) == true)
            #expect(await alice.frame()?.seq == 4)
            #expect(await alice.frame()?.seq == 5)
            let bob = try await server.open("/?session_key=bob&after=9&history=0")
            #expect(await bob.frame()?.text.hasSuffix(#""resumed":false,"reset":"ahead"}"#) == true)
        }
    }

    @Test(arguments: ["/?session_key=nobody", "/?session_key="]) func endsAnUnknownSessionWith4401(target: String)
        async throws
    {
        try await TestServer.run { server in
            let nobody = try await server.open(target)
            #expect(await nobody.frame()?.closeCode == 4401)
            try await nobody.send(.close(4401))
            #expect(await nobody.frame() == nil)
        }
    }

    @Test func endsAFirstFrameWithoutKeyWith4401() async throws {
        try await TestServer.run { server in
            let nobody = try await server.open()
            try await nobody.say("hello")
            #expect(await nobody.frame()?.closeCode == 4401)
        }
    }

    @Test func endsWithTryLaterWhenSessionsCannotBeLookedUp() async throws {
        try await TestServer.run { server in
            server.sessions.isAway(true)
            let first = try await server.open("/?session_key=alice")
            #expect(await first.frame()?.closeCode == 1013)
            server.sessions.isAway(false)
            server.store.isAway(true)
            let second = try await server.open("/?session_key=alice")
            #expect(await second.frame()?.closeCode == 1013)
        }
    }

    @Test func readsFramesGluedToTheRequest() async throws {
        try await TestServer.run { server in
            let alice = try await server.connect()
            let frames = [Frame.text(#"{"message":"one"}"#), .ping("p"), .text(#"{"message":"two"}"#)]
            try await alice.send(TestServer.request("/?session_key=alice") + frames.flatMap(\.bytes))
            #expect(await alice.responseHead().contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
            #expect(await alice.frame()?.text.hasPrefix(#"{"authenticated":true"#) == true)
            #expect(await alice.frame()?.seq == 1)
            #expect(await alice.frame()?.seq == 2)
        }
    }

    @Test func saysNothingBeforeTheWelcome() async throws {
        try await TestServer.run { server in
            server.sessions.lookups.close()
            let alice = try await server.open("/?session_key=alice")
            try await alice.send(.ping("early"), .text("{"))
            await server.sessions.lookups.holds()
            server.sessions.lookups.open()
            #expect(await alice.frame()?.text.hasPrefix(#"{"authenticated":true"#) == true)
        }
    }

    @Test func answersAPingWithItsPayload() async throws {
        try await TestServer.run { server in
            let alice = try await server.login("alice")
            try await alice.send(.ping("payload"))
            #expect(await alice.frame() == ServerFrame(first: 0x8A, payload: Array("payload".utf8)))
        }
    }

    @Test(arguments: [
        (Frame.binary([1, 2]), 1003), (Frame(first: 0xC1, payload: []), 1002),
        (Frame(first: 0x81, payload: [0xFF]), 1007),
        (Frame(first: 0x81, payload: Array(repeating: 65, count: 1001)), 1009), (Frame.close([1]), 1002),
        (Frame.close(1005), 1002),
    ])
    func closesWithTheCodeOfTheViolation(frame: Frame, code: Int) async throws {
        var limits = NetLimits.test
        limits.messageBytesMax = 1000
        try await TestServer.run(limits: limits) { server in
            let alice = try await server.login("alice")
            try await alice.send(frame)
            #expect(await alice.frame()?.closeCode == code)
        }
    }

    @Test func storesWhatWasSaidBeforeTheClose() async throws {
        try await TestServer.run { server in
            let (alice, bob) = (try await server.login("alice"), try await server.login("bob"))
            try await bob.send(.text(#"{"message":"bye"}"#), .close(1000))
            #expect(await alice.frame()?.text.contains(#""message":"bye""#) == true)
            #expect(await bob.frame()?.closeCode == 1000)
            #expect(await bob.frame() == nil)
        }
    }

    @Test func keepsTheConnectionAfterErrors() async throws {
        try await TestServer.run { server in
            let alice = try await server.login("alice")
            try await alice.send(.text("{"), .text(#"{"message":true,"id":"a"}"#), .text(#"{"session_key":"bob"}"#))
            #expect(await alice.frame()?.text.contains(#""code":"bad_json""#) == true)
            #expect(await alice.frame()?.text.contains(#""code":"bad_message""#) == true)
            #expect(await alice.frame()?.text.contains(#""code":"unknown_command""#) == true)
            try await alice.say("still here")
            #expect(await alice.frame()?.text.contains(#""user":"Alice","message":"still here""#) == true)
        }
    }

    @Test func letsAReaderReadOnly() async throws {
        try await TestServer.run { server in
            server.sessions.insert("reader", "Rita", role: .reader)
            let (rita, alice) = (try await server.login("reader"), try await server.login("alice"))
            try await rita.send(.text(#"{"message":"hi","id":"r1"}"#))
            let error = await rita.frame()?.text
            #expect(error?.contains(#""code":"read_only""#) == true)
            #expect(error?.contains(#""id":"r1""#) == true)
            try await alice.say("for readers")
            #expect(await rita.frame()?.seq == 1)
        }
    }

    @Test func slowsAFastSenderAndThenGoesOn() async throws {
        var limits = NetLimits.test
        (limits.messagesPerSecond, limits.messagesBurst) = (0.001, 2)
        try await TestServer.run(limits: limits) { server in
            let alice = try await server.login("alice")
            try await alice.send(
                .text(#"{"message":"1"}"#), .text(#"{"message":"2"}"#), .text(#"{"message":"3","id":"c"}"#))
            var frames: [String] = []
            for _ in 0..<3 { frames.append(await alice.frame()?.text ?? "") }
            #expect(frames.filter { $0.hasPrefix(#"{"seq":"#) }.count == 2)
            let error = try #require(frames.first { $0.contains("rate_limited") })
            #expect(error.contains(#""retry_after_ms":"#))
            #expect(error.contains(#""id":"c""#))
            try await alice.send(.text(#"{"history":{"limit":1}}"#))
            #expect(await alice.frame()?.text.contains(#"{"history":[{"seq":2,"#) == true)
        }
    }

    @Test func endsAFlooderWith4429() async throws {
        var limits = NetLimits.test
        (limits.messagesPerSecond, limits.messagesBurst, limits.refusalsBurst) = (0.001, 1, 3)
        try await TestServer.run(limits: limits) { server in
            let alice = try await server.login("alice")
            for _ in 1...6 { alice.queue(Frame.text(#"{"message":"spam"}"#).bytes) }
            var codes: [Int] = []
            while codes.isEmpty, let frame = await alice.frame() { codes += [frame.closeCode].compactMap { $0 } }
            #expect(codes == [4429])
        }
    }

    @Test func boundsTheConnectionsOfASession() async throws {
        try await TestServer.run(sessionConnectionsMax: 1) { server in
            let first = try await server.login("alice")
            let second = try await server.open("/?session_key=alice")
            #expect(await second.frame()?.closeCode == 4409)
            _ = try await server.login("bob")
            try await first.send(.close(1000))
            #expect(await first.rest().isEmpty == false)
        }
    }

    @Test func givesOlderHistoryOnRequest() async throws {
        try await TestServer.run { server in
            server.store.elsewhere((1...9).map { "m\($0)" }, in: RoomID(0))
            let alice = try await server.login("alice", "&history=0")
            try await alice.send(.text(#"{"history":{"before":5,"limit":2}}"#))
            let answer = await alice.frame()?.text
            #expect(answer?.hasPrefix(#"{"history":[{"seq":3,"#) == true)
            #expect(answer?.contains(#"},{"seq":4,"#) == true)
            #expect(answer?.hasSuffix(#"],"more":true}"#) == true)
            try await alice.send(.text(#"{"history":{"before":2}}"#))
            #expect(await alice.frame()?.text.hasSuffix(#"],"more":false}"#) == true)
        }
    }
}
