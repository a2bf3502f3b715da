internal import MetricsTestKit
internal import NIOCore
internal import Net
internal import Rooms
internal import TestKit
internal import Testing

/// Clients that send too much, or take nothing of what they are sent, over real sockets.
@Suite(.timeLimit(.minutes(1))) struct FloodTests {
    /// No message is too much.
    private func limits() -> NetLimits {
        var limits = NetLimits.test
        (limits.messagesPerSecond, limits.sessionMessagesPerSecond) = (nil, nil)
        return limits
    }

    /// The frames until the server ends the socket, and the code of the last.
    private func rest(_ client: ScriptedClient) async -> (frames: [ServerFrame], code: Int?) {
        var frames: [ServerFrame] = []
        while let frame = await client.frame() { frames.append(frame) }
        return (frames, frames.last?.closeCode)
    }

    @Test(arguments: [Frame.ping("p"), Frame(first: 0x8A, payload: [112])])
    func endsAFloodOfControlFramesWith4429(frame: Frame) async throws {
        var limits = limits()
        (limits.controlFramesPerSecond, limits.controlFramesBurst) = (0.001, 5)
        try await TestServer.run(limits: limits) { server in
            let (alice, bob) = (try await server.login("alice"), try await server.login("bob"))
            for _ in 1...5 { try await alice.send(frame) }
            try await alice.say("five are no flood")
            #expect(await bob.frame()?.seq == 1)
            try await alice.send(frame, .text(#"{"message":"unheard"}"#))
            let (frames, code) = await rest(alice)
            #expect(code == 4429)
            #expect(frames.filter { $0.first == 0x8A }.count == (frame.first == 0x89 ? 5 : 0))
            try await bob.say("still here")
            #expect(await bob.frame()?.text.contains("still here") == true)
        }
    }

    @Test(arguments: ["{", "", #"{"dance":1}"#, #"{"message":true}"#, #"{"history":{"limit":1}}"#])
    func endsAFloodOfRefusedFramesWith4429(text: String) async throws {
        var limits = limits()
        (limits.refusalsPerSecond, limits.refusalsBurst) = (0.001, 3)
        (limits.historiesPerSecond, limits.historiesBurst) = (0.001, 1)
        try await TestServer.run(limits: limits) { server in
            let alice = try await server.login("alice")
            for _ in 1...9 { alice.queue(Frame.text(text).bytes) }
            let (frames, code) = await rest(alice)
            #expect(code == 4429)
            #expect(frames.filter { $0.text.hasPrefix(#"{"error":"#) }.count == 3)
        }
    }

    @Test func answersOneWhoAsksForHistoryTooFastWithWhenToAskAgain() async throws {
        var limits = limits()
        (limits.historiesPerSecond, limits.historiesBurst) = (0.01, 2)
        let registry = TestMetrics()
        try await TestServer.run(limits: limits, metrics: NetMetrics(factory: registry)) { server in
            let alice = try await server.login("alice")
            for _ in 1...3 { try await alice.send(.text(#"{"history":{"limit":1}}"#)) }
            for _ in 1...2 { #expect(await alice.frame()?.text.hasPrefix(#"{"history":["#) == true) }
            let refusal = await alice.frame()?.text
            #expect(refusal?.contains(#""code":"rate_limited""#) == true)
            #expect(refusal?.contains(#""retry_after_ms":"#) == true)
            #expect(try registry.expectCounter("roomcast_histories_limited_total").totalValue == 1)
        }
    }

    /// The database's failure is not the client's fault.
    @Test func doesNotCountWhatCannotBeStored() async throws {
        var limits = limits()
        (limits.refusalsPerSecond, limits.refusalsBurst) = (0.001, 1)
        var rooms = RoomLimits.test
        rooms.queueMessagesMax = 1
        try await TestServer.run(limits: limits, rooms: rooms) { server in
            let alice = try await server.login("alice")
            server.store.commits.close()
            try await alice.say("on its way")
            await server.store.commits.holds()
            try await alice.say("waits")
            // Its answer shows that the message before it is queued: two that are read together are refused together.
            try await alice.send(.text(#"{"history":{"limit":1}}"#))
            #expect(await alice.frame()?.text.hasPrefix(#"{"history":["#) == true)
            for _ in 1...5 {
                try await alice.say("refused")
                #expect(await alice.frame()?.text.contains(#""code":"unavailable""#) == true)
            }
            server.store.commits.open()
            #expect(await alice.frame()?.seq == 1)
            #expect(await alice.frame()?.seq == 2)
        }
    }

    /// Makes the server queue more for a client than the kernel holds.
    private func fill(_ server: TestServer, through count: Int) async throws -> ScriptedClient {
        let alice = try await server.login("alice")
        let large = Frame.text(#"{"message":"\#(String(repeating: "x", count: 60_000))"}"#).bytes
        for number in 1...count {
            try await alice.send(large)
            #expect(await alice.frame()?.seq == Int64(number))
        }
        return alice
    }

    @Test func answersOnlyTheNewestPingOfOneWhoDoesNotRead() async throws {
        var limits = limits()
        limits.sendQueueBytesMax = 1 << 30
        let registry = TestMetrics()
        try await TestServer.run(limits: limits, metrics: NetMetrics(factory: registry)) { server in
            let slow = try await server.open("/?session_key=bob", receiveBufferBytes: 4096)
            _ = await slow.frame()
            try await slow.reading(false)
            let alice = try await fill(server, through: 100)
            for number in 1...50 { try await slow.send(.ping("\(number)")) }
            try await slow.say("heard behind the pings")
            #expect(await alice.frame()?.seq == 101)
            #expect(try registry.expectCounter("roomcast_pongs_left_out_total").totalValue == 49)
            try await slow.reading(true)
            var pongs: [String] = []
            var last: Int64 = 0
            while last < 101 || pongs.isEmpty, let frame = await slow.frame() {
                if frame.first == 0x8A { pongs.append(frame.text) }
                last = frame.seq ?? last
            }
            #expect(pongs == ["50"])
            // With nothing queued each is answered.
            try await slow.send(.ping("a"), .ping("b"))
            #expect(await slow.frame()?.text == "a")
            #expect(await slow.frame()?.text == "b")
        }
    }

    @Test func doesNotReadFromOneWhoDoesNotRead() async throws {
        var limits = limits()
        limits.sendQueueBytesMax = 70_000
        let registry = TestMetrics()
        try await TestServer.run(limits: limits, metrics: NetMetrics(factory: registry)) { server in
            let slow = try await server.open("/?session_key=bob", receiveBufferBytes: 4096)
            _ = await slow.frame()
            try await slow.reading(false)
            let alice = try await fill(server, through: 100)
            try await slow.say("read, and then no more")
            #expect(await alice.frame()?.seq == 101)
            try await slow.say("waits in the kernel")
            try await alice.say("meanwhile")
            let meanwhile = await alice.frame()
            #expect(meanwhile?.text.contains("meanwhile") == true)
            #expect(try registry.expectCounter("roomcast_read_pauses_total").totalValue == 1)
            try await slow.reading(true)
            #expect(await alice.frame()?.text.contains("waits in the kernel") == true)
            var seqs: [Int64] = []
            while seqs.last ?? 0 < 103, let frame = await slow.frame() { seqs += [frame.seq].compactMap { $0 } }
            #expect(seqs == Array(1...103))
        }
    }

    @Test func endsAFlooderThatDoesNotRead() async throws {
        var limits = limits()
        limits.sendQueueBytesMax = 1 << 30
        limits.closeTimeout = .milliseconds(100)
        limits.controlFramesBurst = 10
        try await TestServer.run(limits: limits) { server in
            let slow = try await server.open("/?session_key=bob", receiveBufferBytes: 4096)
            _ = await slow.frame()
            try await slow.reading(false)
            _ = try await fill(server, through: 100)
            for number in 1...20 { slow.queue(Frame.ping("\(number)").bytes) }
            while server.chat.connectionCount > 1 { await Task.yield() }
        }
    }
}
