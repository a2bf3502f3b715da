internal import MetricsTestKit
internal import NIOCore
internal import Rooms
internal import TestKit
internal import Testing

@testable internal import Net

/// Rooms whose members take compressed messages, or do not, over real sockets.
@Suite(.timeLimit(.minutes(1))) struct CompressedRoomTests {
    private let long = String(repeating: "the same again, ", count: 40)

    private func extensions(_ offer: String) -> [String] { ["Sec-WebSocket-Extensions: \(offer)"] }

    private func login(
        _ server: TestServer, _ key: String, _ offer: String, _ query: String = ""
    ) async throws -> ScriptedClient {
        let client = try await server.open("/?session_key=\(key)\(query)", headers: extensions(offer))
        #expect(await client.frame()?.text.hasPrefix(#"{"authenticated":true"#) == true)
        return client
    }

    @Test func agreesSoThatNothingIsKept() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            try await client.send(TestServer.request(headers: extensions("permessage-deflate; client_max_window_bits")))
            let accepted = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
            let head = await client.responseHead()
            #expect(head.contains("\r\nSec-WebSocket-Extensions: \(accepted)\r\n"))
        }
    }

    @Test func agreesToNothingWhenItIsTurnedOff() async throws {
        try await TestServer.run(compresses: false) { server in
            let client = try await server.connect()
            try await client.send(TestServer.request("/?session_key=alice", headers: extensions("permessage-deflate")))
            let head = await client.responseHead()
            #expect(!head.contains("Extensions"))
            #expect(await client.frame()?.first == 0x81)
            try await client.say(long)
            #expect(await client.frame()?.text.contains(long) == true)
        }
    }

    @Test func refusesAMalformedOffer() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            try await client.send(TestServer.request(headers: extensions("permessage-deflate; =")))
            let head = await client.responseHead()
            #expect(head.hasPrefix("HTTP/1.1 400 "))
        }
    }

    /// One room, one loop: plain, compressed, and compressed with a small window.
    @Test func compressesABroadcastOnceForEachClassOfReceivers() async throws {
        let registry = TestMetrics()
        try await TestServer.run(loopCount: 1, metrics: NetMetrics(factory: registry)) { server in
            let offers = ["", "permessage-deflate", "permessage-deflate; server_max_window_bits=9"]
            var clients: [ScriptedClient] = []
            for offer in offers + offers + offers { clients.append(try await login(server, "bob", offer)) }
            for number in 1...5 {
                try await clients[0].say("\(number): \(long)")
                for (index, client) in clients.enumerated() {
                    let frame = await client.frame()
                    let isCompressed = index % 3 > 0
                    #expect(frame?.first == (isCompressed ? 0xC1 : 0x81))
                    let json = (isCompressed ? frame?.inflatedText : frame?.text) ?? ""
                    #expect(json.hasPrefix(#"{"seq":\#(number),"#))
                    #expect(json.hasSuffix(#""message":"\#(number): \#(long)"}"#))
                }
            }
            #expect(try registry.expectCounter("roomcast_compressions_total").totalValue == 5 * 2)
        }
    }

    @Test func sendsShortMessagesPlain() async throws {
        var limits = NetLimits.test
        limits.compressBytesMin = 200
        try await TestServer.run(limits: limits) { server in
            let alice = try await login(server, "alice", "permessage-deflate")
            try await alice.say("short")
            #expect(await alice.frame()?.first == 0x81)
            try await alice.say(String(repeating: "x", count: 200))
            #expect(await alice.frame()?.first == 0xC1)
        }
    }

    @Test func compressesHistoryToo() async throws {
        try await TestServer.run { server in
            server.store.elsewhere((1...3).map { "\($0): \(long)" }, in: RoomID(0))
            let alice = try await login(server, "alice", "permessage-deflate", "&history=2")
            for number in 2...3 {
                let json = await alice.frame()?.inflatedText ?? ""
                #expect(json.hasPrefix(#"{"seq":\#(number),"#))
            }
            try await alice.send(.text(#"{"history":{}}"#))
            let frame = await alice.frame()
            #expect(frame?.first == 0xC1)
            #expect(frame?.inflatedText?.hasPrefix(#"{"history":[{"seq":1,"#) == true)
        }
    }

    private func deflated(_ text: String) throws -> Frame {
        Frame(first: 0xC1, payload: try #require(Deflater(windowBits: 15)?.deflate(Array(text.utf8))))
    }

    @Test func readsCompressedMessages() async throws {
        try await TestServer.run { server in
            let (alice, bob) = (try await login(server, "alice", "permessage-deflate"), try await server.login("bob"))
            try await alice.send(deflated(#"{"message":"\#(long)"}"#))
            #expect(await bob.frame()?.text.hasSuffix(#""user":"Alice","message":"\#(long)"}"#) == true)
        }
    }

    @Test func endsADeflateBombWith1009() async throws {
        try await TestServer.run { server in
            let alice = try await login(server, "alice", "permessage-deflate")
            try await alice.send(deflated(#"{"message":"\#(String(repeating: "x", count: 1 << 20))"}"#))
            #expect(await alice.frame()?.closeCode == 1009)
            #expect(await alice.frame() == nil)
        }
    }

    @Test func endsCompressedFramesNobodyAgreedOnWith1002() async throws {
        try await TestServer.run { server in
            let alice = try await server.login("alice")
            try await alice.send(deflated(#"{"message":"\#(long)"}"#))
            #expect(await alice.frame()?.closeCode == 1002)
        }
    }

    /// Many messages of one read may be a thousand times what has come: they are taken in portions, and none is lost.
    @Test func readsManyLargeMessagesOfOneWriteInPortions() async throws {
        var limits = NetLimits.test
        (limits.messagesPerSecond, limits.sessionMessagesPerSecond) = (nil, nil)
        limits.inboundBytesMax = 100_000
        let registry = TestMetrics()
        try await TestServer.run(limits: limits, metrics: NetMetrics(factory: registry)) { server in
            let alice = try await login(server, "alice", "permessage-deflate")
            let text = String(repeating: "x", count: 60_000)
            let frames = try (1...100).map { try deflated(#"{"message":"\#($0) \#(text)"}"#) }
            alice.queue((frames + [.ping("last")]).flatMap(\.bytes))
            for number in 1...100 {
                var frame = await alice.frame()
                // The pong comes when the ping is read, which is before the last messages are stored.
                if frame?.first == 0x8A { frame = await alice.frame() }
                let json = frame?.inflatedText ?? ""
                #expect(json.hasPrefix(#"{"seq":\#(number),"#))
                #expect(json.contains(#""message":"\#(number) xxx"#))
            }
            #expect(try registry.expectCounter("roomcast_read_pauses_total").totalValue >= 20)
        }
    }

    @Test func readsTheCloseBehindMessagesThatWait() async throws {
        var limits = NetLimits.test
        (limits.inboundBytesMax, limits.closeTimeout, limits.lingerTimeout) = (1000, .hours(1), .hours(1))
        try await TestServer.run(limits: limits) { server in
            let alice = try await login(server, "alice", "permessage-deflate")
            let frames = try (1...10).map {
                try deflated(#"{"message":"\#($0) \#(String(repeating: "x", count: 2000))"}"#)
            }
            try await alice.send((frames + [.close(1000)]).flatMap(\.bytes))
            var last = await alice.frame()
            while let frame = last, frame.closeCode == nil { last = await alice.frame() }
            #expect(last?.closeCode == 1000)
            #expect(await alice.frame() == nil)
            while server.store.log(RoomID(0)).count < 10 { await Task.yield() }
        }
    }
}
