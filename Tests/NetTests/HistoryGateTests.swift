internal import MetricsTestKit
internal import NIOCore
internal import Net
internal import Rooms
internal import TestKit
internal import Testing

/// Many who ask for history at once, over real sockets.
@Suite(.timeLimit(.minutes(1))) struct HistoryGateTests {
    private static let request = Frame.text(#"{"history":{"limit":1}}"#)

    private func limits(waiting: Int) -> NetLimits {
        var limits = NetLimits.test
        (limits.historiesAtOnceMax, limits.historiesWaitingMax) = (1, waiting)
        return limits
    }

    private func waits(_ count: Int, _ registry: TestMetrics) async throws {
        while try registry.expectGauge("roomcast_histories_waiting").lastValue != Double(count) { await Task.yield() }
    }

    @Test func readsOneAfterAnotherAndTellsTheRestToComeBack() async throws {
        let registry = TestMetrics()
        try await TestServer.run(limits: limits(waiting: 1), metrics: NetMetrics(factory: registry)) { server in
            server.store.elsewhere(["one"], in: RoomID(0))
            var clients: [ScriptedClient] = []
            for _ in 0..<3 { clients.append(try await server.login("alice", "&history=0")) }
            let bystander = try await server.login("bob", "&history=0")
            server.store.histories.close()
            try await clients[0].send(Self.request)
            await server.store.histories.holds()
            // One waits, however many requests it has sent.
            for _ in 0..<3 { clients[1].queue(Self.request.bytes) }
            try await waits(1, registry)
            try await clients[2].send(Self.request)
            let refusal = await clients[2].frame()?.text
            #expect(refusal?.contains(#""code":"rate_limited""#) == true)
            #expect(refusal?.contains(#""retry_after_ms":"#) == true)
            #expect(try registry.expectCounter("roomcast_histories_refused_total").totalValue == 1)
            // Messages do not wait for history.
            try await bystander.say("hello")
            #expect(await bystander.frame()?.text.contains("hello") == true)
            server.store.histories.open()
            for (client, count) in [(clients[0], 1), (clients[1], 3)] {
                var answers = 0
                while answers < count, let frame = await client.frame() {
                    if frame.text.hasPrefix(#"{"history":"#) { answers += 1 }
                }
                #expect(answers == count)
            }
        }
    }

    @Test func readsNothingForAClientThatLeft() async throws {
        let registry = TestMetrics()
        try await TestServer.run(limits: limits(waiting: 9), metrics: NetMetrics(factory: registry)) { server in
            let first = try await server.login("alice")
            let gone = try await server.login("alice")
            let last = try await server.login("bob")
            server.store.histories.close()
            try await first.send(Self.request)
            await server.store.histories.holds()
            try await gone.send(Self.request)
            try await waits(1, registry)
            try await last.send(Self.request)
            try await waits(2, registry)
            await gone.close()
            try await waits(1, registry)
            server.store.histories.open()
            #expect(await first.frame()?.text.hasPrefix(#"{"history":"#) == true)
            #expect(await last.frame()?.text.hasPrefix(#"{"history":"#) == true)
        }
    }

    @Test func aFailedReadMakesWayForTheNext() async throws {
        try await TestServer.run(limits: limits(waiting: 9)) { server in
            let alice = try await server.login("alice")
            server.store.isAway(true)
            try await alice.send(Self.request)
            #expect(await alice.frame()?.text.contains(#""code":"unavailable""#) == true)
            server.store.isAway(false)
            try await alice.send(Self.request)
            #expect(await alice.frame()?.text.hasPrefix(#"{"history":"#) == true)
        }
    }
}
