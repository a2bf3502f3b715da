internal import MetricsTestKit
internal import NIOCore
internal import Net
internal import TestKit
internal import Testing

/// How connections of the chat end, over real sockets.
@Suite(.timeLimit(.minutes(1))) struct EndingTests {
    /// Limits under which nothing ends by the clock.
    private func patient() -> NetLimits {
        var limits = NetLimits.test
        limits.closeTimeout = .hours(1)
        limits.lingerTimeout = .hours(1)
        return limits
    }

    @Test func endsAtOnceAfterAViolation() async throws {
        try await TestServer.run(limits: patient()) { server in
            let alice = try await server.login("alice")
            try await alice.send(Frame(first: 0x83, payload: []))
            #expect(await alice.frame()?.closeCode == 1002)
            #expect(await alice.frame() == nil)
        }
    }

    @Test func endsAtOnceWhenItsCloseIsAnsweredByAViolation() async throws {
        try await TestServer.run(limits: patient()) { server in
            let nobody = try await server.open("/?session_key=nobody")
            #expect(await nobody.frame()?.closeCode == 4401)
            try await nobody.send(.text("late"), Frame(first: 0x83, payload: []))
            #expect(await nobody.frame() == nil)
        }
    }

    @Test func endsAtOnceWhenItsCloseIsAnswered() async throws {
        try await TestServer.run(limits: patient()) { server in
            let nobody = try await server.open("/?session_key=nobody")
            #expect(await nobody.frame()?.closeCode == 4401)
            try await nobody.send(.close(4401))
            #expect(await nobody.frame() == nil)
        }
    }

    /// The close frame must reach a client that is still sending: a reset would take it away.
    @Test func discardsWhatAFailedClientGoesOnSending() async throws {
        try await TestServer.run(limits: patient()) { server in
            let alice = try await server.open("/?session_key=alice", configure: halfOpen)
            _ = await alice.frame()
            try await alice.reading(false)
            try await alice.send(Frame(first: 0x83, payload: []))
            for _ in 1...100 { try await alice.send(.text(String(repeating: "x", count: 50_000))) }
            try await alice.reading(true)
            #expect(await alice.frame()?.closeCode == 1002)
        }
    }

    @Test func cutsOffAClientThatDoesNotEndItsSide() async throws {
        var limits = patient()
        limits.lingerTimeout = .milliseconds(10)
        let registry = TestMetrics()
        try await TestServer.run(limits: limits, metrics: NetMetrics(factory: registry)) { server in
            let alice = try await server.open("/?session_key=alice", configure: halfOpen)
            _ = await alice.frame()
            try await alice.send(Frame(first: 0x83, payload: []))
            #expect(await alice.frame()?.closeCode == 1002)
            while server.chat.connectionCount > 0 { await Task.yield() }
            #expect(try registry.expectCounter("roomcast_abandoned_total").totalValue == 1)
        }
    }

    /// A client that does not end its side when the server has ended its own.
    private func halfOpen(_ channel: any Channel) throws {
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
    }
}
