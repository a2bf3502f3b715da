internal import MetricsTestKit
internal import NIOCore
internal import Net
internal import Rooms
internal import TestKit
internal import Testing

/// Messages on their way to many, slow and leaving clients, over real sockets.
@Suite struct DeliveryTests {
    private let room = RoomID(0)

    private func seqs(_ client: ScriptedClient, through last: Int64) async -> [Int64] {
        var seqs: [Int64] = []
        while seqs.last ?? 0 < last, let frame = await client.frame() { seqs += [frame.seq].compactMap { $0 } }
        return seqs
    }

    /// No rate limit.
    private func limits() -> NetLimits {
        var limits = NetLimits.test
        (limits.messagesPerSecond, limits.sessionMessagesPerSecond) = (nil, nil)
        return limits
    }

    @Test func showsEverybodyTheSameOrder() async throws {
        try await TestServer.run(limits: limits()) { server in
            let (alice, bob) = (try await server.login("alice"), try await server.login("bob"))
            for number in 1...50 {
                alice.queue(Frame.text(#"{"message":"a\#(number)"}"#).bytes)
                bob.queue(Frame.text(#"{"message":"b\#(number)"}"#).bytes)
            }
            #expect(await seqs(alice, through: 100) == Array(1...100))
            #expect(await seqs(bob, through: 100) == Array(1...100))
        }
    }

    @Test func servesALargeRoomInSlices() async throws {
        let metrics = TestMetrics()
        var limits = limits()
        limits.membersPerTurnMax = 1
        try await TestServer.run(limits: limits, loopCount: 1, metrics: NetMetrics(factory: metrics)) { server in
            let alice = try await server.login("alice")
            var others: [ScriptedClient] = []
            for _ in 1...5 { others.append(try await server.login("bob")) }
            for number in 1...40 { alice.queue(Frame.text(#"{"message":"\#(number)"}"#).bytes) }
            for client in [alice] + others { #expect(await seqs(client, through: 40) == Array(1...40)) }
            #expect(try metrics.expectCounter("roomcast_deliveries_deferred_total").totalValue > 0)
        }
    }

    @Test func leavesASlowReaderBehindAndShowsItEverythingLater() async throws {
        var limits = limits()
        limits.sendQueueBytesMax = 20_000
        var rooms = RoomLimits()
        rooms.recentPerRoom = 10
        rooms.pageMessagesMax = 20
        try await TestServer.run(limits: limits, rooms: rooms) { server in
            let slow = try await server.open("/?session_key=bob", receiveBufferBytes: 4096)
            _ = await slow.frame()
            try await slow.reading(false)
            let alice = try await server.login("alice")
            let large = Frame.text(#"{"message":"\#(String(repeating: "x", count: 30_000))"}"#).bytes
            for number in 1...200 {
                try await alice.send(large)
                #expect(await alice.frame()?.seq == Int64(number))
            }
            try await slow.reading(true)
            #expect(await seqs(slow, through: 200) == Array(1...200))
            try await alice.say("live again")
            #expect(await slow.frame()?.seq == 201)
        }
    }

    @Test(.timeLimit(.minutes(1))) func endsAClientThatLeavesWithoutReading() async throws {
        var limits = limits()
        limits.sendQueueBytesMax = 20_000
        limits.closeTimeout = .milliseconds(100)
        try await TestServer.run(limits: limits) { server in
            let slow = try await server.open("/?session_key=bob", receiveBufferBytes: 4096)
            _ = await slow.frame()
            try await slow.reading(false)
            let alice = try await server.login("alice")
            let large = Frame.text(#"{"message":"\#(String(repeating: "x", count: 60_000))"}"#).bytes
            for _ in 1...200 {
                try await alice.send(large)
                _ = await alice.frame()
            }
            try await slow.send(.close(1000))
            while server.chat.connectionCount > 1 { await Task.yield() }
        }
    }

    @Test func goesAwayAfterStoringAndShowingWhatWasSaid() async throws {
        try await TestServer.run { server in
            let (alice, bob) = (try await server.login("alice"), try await server.login("bob"))
            let nobody = try await server.open()
            server.store.commits.close()
            try await alice.say("my last words")
            await server.store.commits.holds()
            await server.chat.drain(over: .zero)
            #expect(await nobody.frame()?.closeCode == 1001)
            server.store.commits.open()
            for client in [alice, bob] {
                #expect(await client.frame()?.text.contains(#""message":"my last words""#) == true)
                let farewell = await client.frame()
                #expect(farewell?.closeCode == 1001)
                #expect(farewell?.closeReason.hasPrefix("retry_ms=") == true)
                #expect(Int(farewell?.closeReason.dropFirst(9) ?? "").map { $0 > 0 } == true)
            }
            #expect(server.store.log(room).map(\.text) == ["my last words"])
        }
    }

    @Test func goesAwayFromSocketsThatHaveNotUpgraded() async throws {
        try await TestServer.run { server in
            let early = try await server.connect()
            let request = TestServer.request("/?session_key=bob")
            let rest = Array(request.dropFirst(40))
            try await early.send(Array(request.prefix(40)))
            // The server has accepted `early` once a later socket of the same listener is served on its loop.
            for _ in 0..<4 { _ = try await server.login("alice") }
            await server.chat.drain(over: .zero)
            early.queue(rest)
            #expect(await early.responseHead().isEmpty)
        }
    }

    @Test func restartAnswersWhoHasJustConnectedBeforeItSendsAway() async throws {
        try await TestServer.run { server in
            let early = try await server.connect()
            // As above: it is accepted when later sockets are served.
            var others: [ScriptedClient] = []
            for _ in 0..<4 { others.append(try await server.login("alice")) }
            await server.chat.drain(over: .zero, for: .restart(connections: 5, loginGrace: .seconds(2)))
            for client in others { #expect(await client.frame()?.closeCode == 1012) }
            try await early.send(TestServer.request("/?session_key=bob"))
            #expect(await early.responseHead().hasPrefix("HTTP/1.1 101 "))
            #expect(await early.frame()?.text.contains(#""authenticated":true"#) == true)
            let farewell = await early.frame()
            #expect(farewell?.closeCode == 1012)
            #expect(farewell?.closeReason.hasPrefix("retry_ms=") == true)
        }
    }

    @Test func endsALateLoginWith4408() async throws {
        var limits = NetLimits.test
        limits.handshakeTimeout = .seconds(2)
        try await TestServer.run(limits: limits) { server in
            let silent = try await server.connect()
            let upgraded = try await server.open()
            #expect(await upgraded.frame()?.closeCode == 4408)
            #expect(await silent.rest().isEmpty)
        }
    }

    @Test func pingsAndEndsTheSilentWith4408() async throws {
        var limits = NetLimits.test
        (limits.pingInterval, limits.pingTimeout) = (.milliseconds(10), .milliseconds(10))
        try await TestServer.run(limits: limits) { server in
            let alice = try await server.login("alice")
            #expect(await alice.frame() == ServerFrame(first: 0x89, payload: []))
            #expect(await alice.frame()?.closeCode == 4408)
        }
    }

    /// nodejschat's defect: after a disconnect, sockets got other users' names and rooms.
    @Test func neverGivesASocketAnotherNameOrRoom() async throws {
        try await TestServer.run(limits: limits()) { server in
            for user in 0..<24 { server.sessions.insert("key\(user)", "user \(user)", room: Int32(user % 4)) }
            try await withThrowingTaskGroup { group in
                for user in 0..<24 {
                    group.addTask { try await visits(server, user: user, random: SeededRandom(seed: UInt64(user))) }
                }
                try await group.waitForAll()
            }
            for room in 0..<4 {
                for (index, message) in server.store.log(RoomID(Int32(room))).enumerated() {
                    #expect(message.seq == Int64(index + 1))
                    #expect(message.text == "\(message.user) in \(room)")
                }
            }
        }
    }

    /// Comes and goes: each time says who it is, reads until it sees itself, and leaves politely or not.
    private func visits(_ server: TestServer, user: Int, random seed: SeededRandom) async throws {
        var random = seed
        let room = user % 4
        for _ in 0..<8 {
            let client = try await server.login("key\(user)", "&history=5")
            try await client.say("user \(user) in \(room)")
            var isSeen = false
            while !isSeen, let frame = await client.frame() {
                let others = (0..<24).filter { $0 % 4 == room }
                let words = others.map { #""user":"user \#($0)","message":"user \#($0) in \#(room)"}"# }
                if !words.contains(where: frame.text.hasSuffix) { Issue.record("user \(user) got \(frame.text)") }
                isSeen = frame.text.contains(#""user":"user \#(user)""#)
            }
            #expect(isSeen)
            if Bool.random(using: &random) { try await client.send(.close(1000)) }
            await client.close()
        }
    }
}
