internal import MetricsTestKit
internal import NIOCore
internal import NIOEmbedded
internal import TestKit
internal import Testing

@testable internal import Net

/// How many connections for pages one client address may have.
@Suite(.timeLimit(.minutes(1))) struct PageAddressTests {
    private static let request = "GET /a HTTP/1.1\r\nHost: x\r\n"

    /// Independent of the machine's speed: a pause of a loaded machine must not end a connection.
    private var patientLimits: HTTPLimits {
        var limits = HTTPLimits()
        limits.firstByteTimeout = .minutes(10)
        limits.requestTimeout = .minutes(10)
        return limits
    }

    /// A server of pages on a real socket.
    private func serving(
        _ limits: HTTPLimits, metrics: NetMetrics = NetMetrics(), proxies: TrustedProxies = TrustedProxies(),
        _ test: (_ port: Int, HTTPPipeline) async throws -> Void
    ) async throws {
        var routes = HTTPRoutes()
        routes.get("/a") { _ in .text("A") }
        let pages = HTTPPipeline(routes: routes, limits: limits, proxies: proxies, metrics: metrics)
        let loops = Loops(count: 2, limits: NetLimits(), metrics: metrics)
        let listener = try await PageServer(loops: loops, limits: NetLimits(), proxies: proxies).bind(
            ListenAddress(host: "127.0.0.1", port: 0), tls: nil, pages: pages)
        try await listener.accept()
        let result: Result<Void, any Error>
        do { result = .success(try await test(listener.port, pages)) } catch { result = .failure(error) }
        await listener.close()
        try await loops.group.shutdownGracefully()
        try result.get()
    }

    private func status(_ client: ScriptedClient, _ fields: String = "") async throws -> String {
        try? await client.send(Array((Self.request + fields + "\r\n").utf8))
        return String(await client.responseHead().prefix(12))
    }

    @Test func idleSocketsOfOneAddressLeaveThePageToOthers() async throws {
        let registry = TestMetrics()
        try await serving(patientLimits, metrics: NetMetrics(factory: registry)) { port, pages in
            var idle: [ScriptedClient] = []
            for _ in 0..<1200 { idle.append(try await .connect(port: port)) }
            let other = try await ScriptedClient.connect(port: port, from: "127.0.0.2")
            #expect(try await status(other) == "HTTP/1.1 200")
            let refused = try registry.expectCounter("roomcast_refused_by_address_total")
            while refused.totalValue < 1072 { await Task.yield() }
            #expect(refused.totalValue == 1072)
            #expect(pages.connections == 129)
            for client in idle { await client.close() }
            await other.close()
        }
    }

    @Test func clientsBehindATrustedProxyCountByTheirOwnAddress() async throws {
        var limits = patientLimits
        limits.connectionsPerAddressMax = 1
        let proxies = TrustedProxies(["127.0.0.0/8"].compactMap { AddressBlock($0) })
        try await serving(limits, proxies: proxies) { port, pages in
            let one = try await ScriptedClient.connect(port: port)
            #expect(try await status(one, "X-Forwarded-For: 192.0.2.1\r\n") == "HTTP/1.1 200")
            let again = try await ScriptedClient.connect(port: port)
            #expect(try await status(again, "X-Forwarded-For: 192.0.2.1\r\n") == "HTTP/1.1 503")
            let other = try await ScriptedClient.connect(port: port)
            #expect(try await status(other, "X-Forwarded-For: 192.0.2.2\r\n") == "HTTP/1.1 200")
            pages.setConnectionsPerAddressMax(2)
            let more = try await ScriptedClient.connect(port: port)
            #expect(try await status(more, "X-Forwarded-For: 192.0.2.1\r\n") == "HTTP/1.1 200")
            // The header of a PROXY protocol tells it before there is a request.
            let header = Array("PROXY TCP4 192.0.2.2 192.0.2.9 1 2\r\n".utf8)
            let (silent, refused) = (
                try await ScriptedClient.connect(port: port), try await ScriptedClient.connect(port: port)
            )
            try await silent.send(header)
            try await silent.send(Array((Self.request + "\r\n").utf8))
            #expect(await silent.responseHead().hasPrefix("HTTP/1.1 200"))
            try await refused.send(header)
            #expect(await refused.rest().isEmpty)
            for client in [one, again, other, more, silent, refused] { await client.close() }
        }
    }

    @Test func aClosedConnectionGivesItsPlaceBack() throws {
        var limits = HTTPLimits()
        limits.connectionsPerAddressMax = 1
        let pages = HTTPPipeline(routes: HTTPRoutes(), limits: limits)
        for _ in 0..<2 {
            let channel = EmbeddedChannel()
            try pages.configure(channel)
            #expect(throws: HTTPPipelineError.tooManyConnectionsOfAddress) { try pages.configure(EmbeddedChannel()) }
            _ = try channel.finish(acceptAlreadyClosed: true)
        }
        #expect(pages.addresses.addresses == 0)
        #expect(pages.connections == 0)
    }
}
