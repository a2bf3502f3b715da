internal import MetricsTestKit
internal import NIOCore
internal import TestKit
internal import Testing

@testable internal import Net

/// How many sockets one client address may have, over real sockets, direct and through proxies.
@Suite struct ClientAddressTests {
    private func status(
        _ server: TestServer, _ headers: [String] = [], after preface: [UInt8] = []
    ) async throws -> Int { try await status(try await server.connect(), headers, after: preface) }

    private static let local = ["127.0.0.0/8"].compactMap { AddressBlock($0) }

    private func limits(_ max: Int, refused: Int = 1) -> NetLimits {
        var limits = NetLimits.test
        limits.connectionsPerAddressMax = max
        limits.refusedPerAddressMax = refused
        return limits
    }

    /// The status of an upgrade; 0 if the socket ends without one.
    private func status(
        _ client: ScriptedClient, _ headers: [String] = [], after preface: [UInt8] = []
    ) async throws -> Int {
        // The server may have closed it already.
        try? await client.send(preface + TestServer.request("/?session_key=alice", headers: headers))
        return Int(await client.responseHead().split(separator: " ").dropFirst().first ?? "") ?? 0
    }

    @Test func silentSocketsCountAndTheNextIsToldAndTheNextIsNot() async throws {
        let registry = TestMetrics()
        // On one loop sockets are counted in the order in which they come.
        try await TestServer.run(limits: limits(2), loopCount: 1, metrics: NetMetrics(factory: registry)) { server in
            let silent = try await server.connect()
            while server.chat.counts.addresses.addresses == 0 { await Task.yield() }
            let alice = try await server.connect()
            #expect(try await status(alice) == 101)
            let told = try await server.connect()
            #expect(try await status(told) == 503)
            #expect(await !told.rest().isEmpty)
            #expect(try registry.expectCounter("roomcast_refused_by_address_total").totalValue == 1)

            // Nobody hangs up now: of two more, one may ask, and the other is closed.
            let (waiting, closed) = (try await server.connect(), try await server.connect())
            #expect(await closed.rest().isEmpty)
            #expect(try registry.expectCounter("roomcast_refused_by_address_total").totalValue == 2)
            #expect(try await status(waiting) == 503)
            _ = await waiting.rest()

            await silent.close()
            await alice.close()
            while server.chat.counts.addresses.addresses > 0 { await Task.yield() }
            #expect(try await status(server) == 101)
        }
    }

    @Test func clientsOfOneProxyAreCountedApart() async throws {
        try await TestServer.run(limits: limits(1), proxies: TrustedProxies(Self.local)) { server in
            let clients = [
                ("203.0.113.9", 101), ("203.0.113.10", 101), ("203.0.113.9", 503), ("1.2.3.4, 203.0.113.9", 503),
                ("2001:db8::1", 101), ("2001:db8::ffff:1", 503), ("2001:db8:0:1::1", 101),
            ]
            for (client, expected) in clients {
                let status = try await status(server, ["X-Forwarded-For: \(client)"])
                #expect(status == expected, "\(client)")
            }
        }
    }

    @Test func anUntrustedClientCannotSpeakForOthers() async throws {
        try await TestServer.run(limits: limits(1)) { server in
            let first = try await status(server, ["X-Forwarded-For: 203.0.113.9"])
            let second = try await status(server, ["X-Forwarded-For: 203.0.113.10"])
            #expect([first, second] == [101, 503])
        }
        try await TestServer.run { server in
            let text = try await status(server, after: ProxyHeaders.text("TCP4 203.0.113.9 10.0.0.1 1 2"))
            let binary = try await status(server, after: ProxyHeaders.binary(family: 0x11, ProxyHeaders.v4))
            #expect([text, binary] == [400, 400])
        }
    }

    @Test func headersOfBothVersionsTellTheClientInAnyPieces() async throws {
        let registry = TestMetrics()
        try await TestServer.run(
            limits: limits(2, refused: 0), metrics: NetMetrics(factory: registry), proxies: TrustedProxies(Self.local)
        ) { server in
            let text = ProxyHeaders.text("TCP4 203.0.113.9 10.0.0.1 4660 56412")
            let binary = ProxyHeaders.binary(family: 0x11, ProxyHeaders.v4 + ProxyHeaders.more)
            #expect(try await status(server, after: text) == 101)
            let slow = try await server.connect()
            for byte in binary + TestServer.request("/?session_key=bob") { try await slow.send([byte]) }
            #expect(await slow.responseHead().hasPrefix("HTTP/1.1 101 "))
            #expect(await slow.frame()?.text.contains(#""user":"Bob""#) == true)
            // Far too many: closed as soon as the client is known.
            let third = try await server.connect()
            try await third.send(binary)
            #expect(await third.rest().isEmpty)
            #expect(try registry.expectCounter("roomcast_refused_by_address_total").totalValue == 1)

            // Who is behind another proxy that speaks HTTP.
            let nested = ProxyHeaders.text("TCP4 127.0.0.9 127.0.0.1 1 2")
            #expect(try await status(server, ["X-Forwarded-For: 203.0.113.9"], after: nested) == 503)
            #expect(try await status(server, ["X-Forwarded-For: 203.0.113.8"], after: nested) == 101)
            // The client itself cannot say so.
            let other = ProxyHeaders.text("TCP4 203.0.113.7 127.0.0.1 1 2")
            for expected in [101, 101, 0] {
                #expect(
                    try await status(server, ["X-Forwarded-For: 203.0.113.6"], after: other)
                        == expected)
            }

            let malformed = try await server.connect()
            try await malformed.send(ProxyHeaders.text("TCP4 nonsense") + TestServer.request())
            #expect(await malformed.rest().isEmpty)
            #expect(try registry.expectCounter("roomcast_proxy_headers_malformed_total").totalValue == 1)
        }
    }

    @Test func aHeaderThatNeverEndsIsCutOffInTime() async throws {
        let registry = TestMetrics()
        var limits = NetLimits.test
        limits.handshakeTimeout = .milliseconds(100)
        try await TestServer.run(
            limits: limits, metrics: NetMetrics(factory: registry), proxies: TrustedProxies(Self.local)
        ) { server in
            let client = try await server.connect()
            try await client.send(Array("PROXY TCP4 203.0.113.9".utf8))
            #expect(await client.rest().isEmpty)
            #expect(try registry.expectCounter("roomcast_abandoned_total").totalValue == 1)
        }
    }

    @Test func aProxyWithoutAnyWordIsAClient() async throws {
        try await TestServer.run(limits: limits(1), proxies: TrustedProxies(Self.local)) { server in
            let direct = try await status(server)
            let unknown = try await status(server, after: ProxyHeaders.text("UNKNOWN"))
            let local = try await status(server, after: ProxyHeaders.binary(command: 0, family: 0, []))
            #expect([direct, unknown, local] == [101, 503, 503])
        }
    }
}
