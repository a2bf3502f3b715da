internal import NIOCore
internal import Net
internal import TestKit

/// An echo with the limits of `App echo`, and clients of it.
struct EchoFixture {
    /// Where it listens on 127.0.0.1.
    let port: Int

    /// The limits of the conformance cases: nothing here ends by the clock.
    static var limits: NetLimits {
        var limits = NetLimits.test
        limits.messageBytesMax = 16 << 20
        limits.fragmentsMax = 65_537
        limits.closeTimeout = .hours(1)
        limits.lingerTimeout = .hours(1)
        return limits
    }

    /// Serves while the test talks to it.
    static func run(limits: NetLimits = EchoFixture.limits, _ test: (EchoFixture) async throws -> Void) async throws {
        let loops = Loops(count: 1, limits: limits, metrics: NetMetrics())
        let listener = try await EchoServer(loops: loops, limits: limits, metrics: NetMetrics()).bind(
            ListenAddress(host: "127.0.0.1", port: 0))
        let result: Result<Void, any Error>
        do { result = .success(try await test(EchoFixture(port: listener.port))) } catch { result = .failure(error) }
        await listener.close()
        try await loops.group.shutdownGracefully()
        try result.get()
    }

    /// A client whose upgrade was answered with 101.
    func open(
        headers: [String] = [], accepted: String? = nil,
        configure: @escaping @Sendable (any Channel) throws -> Void = { _ in }
    ) async throws -> ScriptedClient {
        let client = try await ScriptedClient.connect(port: port, configure: configure)
        try await client.send(TestServer.request(headers: headers))
        let head = await client.responseHead()
        let extensions = head.split(separator: "\r\n").filter { $0.hasPrefix("Sec-WebSocket-Extensions: ") }
        guard head.hasPrefix("HTTP/1.1 101 "),
            extensions.map({ String($0.dropFirst("Sec-WebSocket-Extensions: ".count)) })
                == [accepted].compactMap(\.self)
        else { throw TestServer.Refused(head: head) }
        return client
    }
}
