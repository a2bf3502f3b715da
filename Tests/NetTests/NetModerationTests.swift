internal import Metrics
internal import Rooms
internal import TestKit
internal import Testing

@testable internal import Net

/// What moderation does to live connections and to those that log in.
@Suite(.timeLimit(.minutes(1))) struct NetModerationTests {
    private func changed(_ server: TestServer) async {
        await server.node.received(.sessionChanged(fingerprint: "fingerprint of alice"))
    }

    private func set(
        mute: Moderation.Mute? = nil, isBanned: Bool = false, isFrozen: Bool = false, slowModeSeconds: Int32 = 0
    ) -> Moderation? {
        Moderation(mute: mute, isBanned: isBanned, isFrozen: isFrozen, slowModeSeconds: slowModeSeconds)
    }

    @Test func mutedPersonIsToldAndCannotWrite() async throws {
        try await TestServer.run { server in
            let alice = try await server.login("alice", "&events=session")
            server.sessions.insert("alice", "alice", moderation: set(mute: .until(.latest)))
            await changed(server)
            #expect(await alice.frame()?.text.contains(#""muted_until":"9999-12-31T23:59:59.999Z""#) == true)
            for command in [
                #"{"message":"a","id":"1"}"#, #"{"edit":1,"message":"b","id":"1"}"#, #"{"delete":1,"id":"1"}"#,
                #"{"react":1,"emoji":"x","id":"1"}"#,
            ] {
                try await alice.send(.text(command))
                let answer = await alice.frame()?.text
                #expect(answer?.contains(#""code":"muted""#) == true, "\(command)")
                #expect(answer?.contains(#""until":"9999-12-31T23:59:59.999Z","id":"1""#) == true, "\(command)")
            }
            server.sessions.insert("alice", "alice")
            await changed(server)
            #expect(await alice.frame()?.text == #"{"session":{"user":"alice","role":"member"}}"#)
            try await alice.say("again")
            #expect(await alice.frame()?.text.contains("again") == true)
        }
    }

    @Test func aMuteThatHasEndedDoesNotHinder() async throws {
        try await TestServer.run { server in
            server.sessions.insert("alice", "alice", moderation: set(mute: .until(Timestamp(microseconds: 1))))
            let alice = try await server.login("alice")
            try await alice.say("free")
            #expect(await alice.frame()?.text.contains("free") == true)
        }
    }

    @Test func onlyModeratorsWriteInAFrozenRoom() async throws {
        try await TestServer.run { server in
            server.sessions.insert("alice", "alice", moderation: set(isFrozen: true))
            server.sessions.insert("bob", "bob", role: .moderator, moderation: set(isFrozen: true, slowModeSeconds: 60))
            let alice = try await server.login("alice")
            let bob = try await server.login("bob")
            try await alice.say("no")
            #expect(await alice.frame()?.text.contains(#""code":"frozen""#) == true)
            for text in ["yes", "and again"] {
                try await bob.say(text)
                #expect(await alice.frame()?.text.contains(text) == true)
            }
        }
    }

    @Test func slowModeCountsAPersonOverItsConnections() async throws {
        try await TestServer.run { server in
            server.sessions.insert("alice", "alice", moderation: set(slowModeSeconds: 60))
            let (first, second) = (try await server.login("alice"), try await server.login("alice"))
            try await first.say("one")
            #expect(await second.frame()?.text.contains("one") == true)
            try await second.say("two")
            let answer = await second.frame()?.text
            #expect(answer?.contains(#""code":"rate_limited""#) == true)
            #expect(answer?.contains(#""retry_after_ms":"#) == true)
        }
    }

    @Test func bannedPersonIsClosedAndCannotLogIn() async throws {
        try await TestServer.run { server in
            let alice = try await server.login("alice")
            server.sessions.insert("alice", "alice", moderation: set(isBanned: true))
            await changed(server)
            #expect(await alice.frame()?.closeCode == 4403)
            let again = try await server.open("/?session_key=alice")
            #expect(await again.frame()?.closeCode == 4403)
        }
    }

    @Test func kickedPersonIsClosedAndMayComeBack() async throws {
        try await TestServer.run { server in
            let alice = try await server.login("alice")
            server.sessions.insert("alice", "alice", kicks: 1)
            await changed(server)
            let last = await alice.frame()
            #expect(last?.closeCode == 4403)
            #expect(last?.closeReason == "kicked")
            let again = try await server.login("alice")
            try await again.say("back")
            #expect(await again.frame()?.text.contains("back") == true)
        }
    }

    @Test func commandsAreForModerators() async throws {
        try await TestServer.run { server in
            server.sessions.insert("bob", "bob", role: .moderator)
            let alice = try await server.login("alice")
            let bob = try await server.login("bob")
            try await alice.send(.text(#"{"mute":{"user":"bob"},"id":"m"}"#))
            #expect(await alice.frame()?.text.contains(#""code":"forbidden""#) == true)
            for (command, answer) in [
                (#"{"mute":{"user":"alice","seconds":60},"id":"m"}"#, #"{"done":"mute","user":"alice","id":"m"}"#),
                (#"{"freeze":true}"#, #"{"done":"freeze"}"#), (#"{"slow_mode":5}"#, #"{"done":"slow_mode"}"#),
                (#"{"kick":{"user":"al"}}"#, #"{"done":"kick","user":"al"}"#),
            ] {
                try await bob.send(.text(command))
                #expect(await bob.frame()?.text == answer)
            }
            #expect(server.store.moderations.count == 4)
        }
    }

    @Test func slowModeForgetsPeopleInsteadOfGrowing() {
        var limits = NetLimits()
        limits.slowModeTimesMax = 2
        let times = SlowModeTimes(limits: limits, metrics: NetMetrics(factory: NOOPMetricsHandler.instance))
        func take(_ name: String, seconds: Int32 = 10, now: UInt64) -> Int64? {
            times.take(.name(name), in: RoomID(0), seconds: seconds, now: now * 1_000_000_000)
        }
        #expect(take("a", now: 0) == nil)
        #expect(take("a", now: 4) == 6000)
        #expect(take("a", seconds: 3, now: 4) == nil)
        #expect(times.take(.userID("a"), in: RoomID(0), seconds: 10, now: 0) == nil)
        // Full, and nobody's pause is over: all are forgotten.
        #expect(take("b", now: 5) == nil)
        #expect(take("a", now: 6) == nil)
        // Full, and these are over.
        #expect(take("c", now: 30) == nil)
        #expect(take("c", now: 31) == 9000)
    }
}
