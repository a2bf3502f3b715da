internal import NIOCore
internal import Net
internal import TestKit
internal import Testing

@Suite struct EchoServerTests {
    private func run(_ test: (ScriptedClient) async throws -> Void) async throws {
        let loops = Loops(count: 1, limits: NetLimits(), metrics: NetMetrics())
        let listener = try await EchoServer(loops: loops, limits: NetLimits(), metrics: NetMetrics()).bind(
            ListenAddress(host: "127.0.0.1", port: 0))
        let client = try await ScriptedClient.connect(port: listener.port)
        try await client.send(TestServer.request() + Frame.text("glued to the request").bytes)
        #expect(await client.responseHead().hasPrefix("HTTP/1.1 101 "))
        #expect(await client.frame()?.text == "glued to the request")
        let result: Result<Void, any Error>
        do { result = .success(try await test(client)) } catch { result = .failure(error) }
        await client.close()
        await listener.close()
        try await loops.group.shutdownGracefully()
        try result.get()
    }

    @Test func sendsBackTextAndBinary() async throws {
        try await run { client in
            try await client.send(.text("Grüße"), .binary([0, 255]), .text(""))
            #expect(await client.frame() == ServerFrame(first: 0x81, payload: Array("Grüße".utf8)))
            #expect(await client.frame() == ServerFrame(first: 0x82, payload: [0, 255]))
            #expect(await client.frame() == ServerFrame(first: 0x81, payload: []))
        }
    }

    @Test func joinsFragmentsAndAnswersPingsBetween() async throws {
        try await run { client in
            try await client.send(.text("a", isFinal: false), .ping("p"), .more([98], isFinal: true))
            #expect(await client.frame() == ServerFrame(first: 0x8A, payload: [112]))
            #expect(await client.frame()?.text == "ab")
        }
    }

    @Test func sendsBackTheCloseCodeAndEnds() async throws {
        try await run { client in
            try await client.send(.text("last"), .close(3001, "reason"), .text("unheard"))
            #expect(await client.frame()?.text == "last")
            #expect(await client.frame()?.closeCode == 3001)
            #expect(await client.frame() == nil)
        }
    }

    @Test func endsAtAViolation() async throws {
        try await run { client in
            try await client.send(Frame(first: 0x83, payload: []))
            #expect(await client.frame()?.closeCode == 1002)
            #expect(await client.frame() == nil)
        }
    }
}
