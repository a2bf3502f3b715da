internal import MetricsTestKit
internal import Net
internal import TestKit
internal import Testing

/// A listener that has all the sockets it may have.
@Suite(.timeLimit(.minutes(1))) struct AcceptLimiterTests {
    private func limits() -> NetLimits {
        var limits = NetLimits.test
        limits.socketsMax = 2
        return limits
    }

    @Test func leavesFurtherClientsInTheKernelUntilThereIsRoom() async throws {
        let registry = TestMetrics()
        try await TestServer.run(limits: limits(), metrics: NetMetrics(factory: registry)) { server in
            let alice = try await server.login("alice")
            // Not a client yet, and counted.
            let stranger = try await server.connect()
            while server.listener.sockets.state.pauses < 1 { await Task.yield() }
            var waiting: [ScriptedClient] = []
            for _ in 1...5 {
                let client = try await server.connect()
                try await client.send(TestServer.request("/?session_key=bob"))
                waiting.append(client)
            }
            try await alice.say("still served")
            #expect(await alice.frame()?.seq == 1)
            var leaving = stranger
            for client in waiting {
                await leaving.close()
                #expect(await client.responseHead().hasPrefix("HTTP/1.1 101 "))
                #expect(await client.frame()?.text.hasPrefix(#"{"authenticated":true"#) == true)
                #expect(server.listener.sockets.state.open <= 2)
                leaving = client
            }
            #expect(try registry.expectCounter("roomcast_accept_pauses_total").totalValue >= 5)
        }
    }

    /// A refused client makes room as any other.
    @Test func countsSocketsWhateverBecomesOfThem() async throws {
        try await TestServer.run(limits: limits()) { server in
            for _ in 1...10 {
                let plain = try await server.connect()
                try await plain.send(TestServer.request(without: "Upgrade"))
                #expect(await plain.responseHead().hasPrefix("HTTP/1.1 426 "))
                await plain.close()
                let rude = try await server.connect()
                await rude.close()
            }
            let alice = try await server.login("alice")
            try await alice.say("hello")
            #expect(await alice.frame()?.seq == 1)
        }
    }

    @Test func acceptsNobodyWhileTheListenerIsClosed() async throws {
        try await TestServer.run(limits: limits()) { server in
            let clients = [try await server.login("alice"), try await server.login("bob")]
            while server.listener.sockets.state.pauses < 1 { await Task.yield() }
            let late = try await server.connect()
            await server.listener.close()
            for client in clients { await client.close() }
            #expect(await late.rest().isEmpty)
        }
    }
}
