internal import MetricsTestKit
internal import Net
internal import Rooms
internal import TestKit
internal import Testing

/// A session that changes while a client logs in with it: the change wins.
@Suite(.timeLimit(.minutes(1))) struct LoginChangeTests {
    private static let fingerprint = "fingerprint of alice"

    /// Where the login waits when its session changes.
    enum Step: CaseIterable, Sendable {
        /// The row was read, and the answer is on its way.
        case lookup
        /// The session counts as connected, and its room is being read.
        case room
    }

    /// Changes the session of "alice" while her login is at a step, tells the server so, and lets the login go on.
    private func login(
        on server: TestServer, changedAt step: Step, _ change: (FakeSessions) -> Void
    ) async throws -> ScriptedClient {
        let gate = step == .lookup ? server.sessions.answers : server.store.opens
        gate.close()
        let alice = try await server.open("/?session_key=alice")
        await gate.holds()
        change(server.sessions)
        await server.node.received(.sessionChanged(fingerprint: Self.fingerprint))
        // A task that is released before it is suspended would go on at once, before the change reaches its connection.
        await server.turnOfLoops()
        gate.open()
        return alice
    }

    @Test(arguments: Step.allCases) func newNameAndRoleHold(step: Step) async throws {
        try await TestServer.run { server in
            let alice = try await login(on: server, changedAt: step) {
                $0.insert("alice", "Alicia", role: .reader)
            }
            let welcome = await alice.frame()?.text ?? ""
            #expect(welcome.contains(#""user":"Alicia","room":0,"role":"reader""#))
            try await alice.say("demoted")
            #expect(await alice.frame()?.text.contains(#""code":"read_only""#) == true)
            #expect(server.store.log(RoomID(0)).isEmpty)
        }
    }

    @Test(arguments: Step.allCases) func newRoomHolds(step: Step) async throws {
        try await TestServer.run { server in
            let alice = try await login(on: server, changedAt: step) { $0.insert("alice", "Alice", room: 7) }
            let bob = try await server.login("bob")
            #expect(await alice.frame()?.text.contains(#""room":7,"#) == true)
            try await alice.say("moved")
            #expect(await alice.frame()?.seq == 1)
            #expect(server.store.log(RoomID(0)).isEmpty)
            #expect(server.store.log(RoomID(7)).map(\.text) == ["moved"])
            try await bob.say("to the old room")
            #expect(await bob.frame()?.seq == 1)
            try await alice.say("still there")
            #expect(await alice.frame()?.text.contains("still there") == true)
        }
    }

    @Test(arguments: Step.allCases) func deletedSessionIsNotWelcomed(step: Step) async throws {
        try await TestServer.run { server in
            let alice = try await login(on: server, changedAt: step) { $0.delete("alice") }
            #expect(await alice.frame()?.closeCode == 4401)
        }
    }

    @Test func loginThatIsMovedOnAndOnIsToComeBack() async throws {
        let metrics = TestMetrics()
        try await TestServer.run(metrics: NetMetrics(factory: metrics)) { server in
            server.store.opens.close()
            let alice = try await server.open("/?session_key=alice")
            for room in 1...Int32(NetLimits().joinsPerLoginMax) {
                await server.store.opens.holds()
                server.sessions.insert("alice", "Alice", room: room)
                await server.node.received(.sessionChanged(fingerprint: Self.fingerprint))
                await server.turnOfLoops()
                server.store.opens.step()
            }
            let frame = await alice.frame()
            #expect(frame?.closeCode == 1012)
            #expect(frame?.closeReason == "retry_ms=0")
            server.store.opens.open()
            #expect(try metrics.expectCounter("roomcast_logins_moved_total").totalValue == 1)
            let again = try await server.open("/?session_key=alice")
            #expect(await again.frame()?.text.contains(#""room":4,"#) == true)
        }
    }

    @Test func changeThatOnlyAnotherConnectionSawHolds() async throws {
        try await TestServer.run { server in
            let first = try await server.login("alice")
            server.sessions.answers.close()
            let second = try await server.open("/?session_key=alice")
            await server.sessions.answers.holds()
            server.sessions.insert("alice", "Alicia")
            // No hint came: the regular look has found the change, before the second connection counts.
            for _ in 0..<10 { await server.node.liveSessions.sweep(now: .now) }
            server.sessions.answers.open()
            #expect(await second.frame()?.text.contains(#""user":"Alicia""#) == true)
            try await first.say("hello")
            #expect(await first.frame()?.text.contains(#""user":"Alicia","message":"hello""#) == true)
        }
    }

    @Test func nothingIsSaidInTheOldRoomAfterTheMove() async throws {
        try await TestServer.run { server in
            server.store.elsewhere(["old"], in: RoomID(0))
            let alice = try await server.login("alice", "&history=0")
            server.store.histories.close()
            // The history is being read when the session moves; the message came with the request.
            try await alice.send(.text(#"{"history":{"limit":1}}"#), .text(#"{"message":"too late"}"#))
            await server.store.histories.holds()
            server.sessions.insert("alice", "Alice", room: 7)
            await server.node.received(.sessionChanged(fingerprint: Self.fingerprint))
            var last = await alice.frame()
            while let frame = last, frame.closeCode == nil { last = await alice.frame() }
            #expect(last?.closeCode == 1012)
            server.store.histories.open()
            let bob = try await server.login("bob", "&history=0")
            try await bob.say("after")
            #expect(await bob.frame()?.text.contains(#""message":"after""#) == true)
            #expect(!server.store.log(RoomID(0)).map(\.text).contains("too late"))
        }
    }
}

extension Timestamp {
    fileprivate static var now: Timestamp { Timestamp(microseconds: 1_700_000_000_000_000) }
}
