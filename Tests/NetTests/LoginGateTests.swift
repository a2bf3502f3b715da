internal import MetricsTestKit
internal import NIOCore
internal import Net
internal import TestKit
internal import Testing

/// Many who log in at once while the database is slow, over real sockets.
@Suite(.timeLimit(.minutes(1))) struct LoginGateTests {
    private func limits(waiting: Int) -> NetLimits {
        var limits = NetLimits.test
        (limits.loginsAtOnceMax, limits.loginsWaitingMax) = (1, waiting)
        return limits
    }

    @Test func asksTheDatabaseForOneAfterAnotherAndSendsAwayWhoIsTooMany() async throws {
        let registry = TestMetrics()
        try await TestServer.run(limits: limits(waiting: 2), metrics: NetMetrics(factory: registry)) { server in
            server.sessions.lookups.close()
            let first = try await server.open("/?session_key=alice")
            await server.sessions.lookups.holds()
            // One by one: clients of two loops are in no order else.
            var waiting: [ScriptedClient] = []
            for number in 1...2 {
                waiting.append(try await server.open("/?session_key=bob"))
                while try registry.expectGauge("roomcast_logins_waiting").lastValue != Double(number) {
                    await Task.yield()
                }
            }
            let tooMany = try await server.open("/?session_key=bob")
            let farewell = await tooMany.frame()
            #expect(farewell?.closeCode == 1013)
            #expect(farewell?.closeReason.wholeMatch(of: #/too many logins, retry_ms=\d+/#) != nil)
            #expect(try registry.expectCounter("roomcast_logins_refused_total").totalValue == 1)
            #expect(server.sessions.lookupsAsked == 1)
            server.sessions.lookups.open()
            for client in [first] + waiting {
                #expect(await client.frame()?.text.hasPrefix(#"{"authenticated":true"#) == true)
            }
            _ = try await server.login("alice")
        }
    }

    @Test func asksNothingForOneWhoseTimeIsOverOrWhoLeft() async throws {
        var limits = limits(waiting: 2)
        limits.handshakeTimeout = .seconds(2)
        let registry = TestMetrics()
        try await TestServer.run(limits: limits, metrics: NetMetrics(factory: registry)) { server in
            server.sessions.lookups.close()
            let first = try await server.open("/?session_key=alice")
            await server.sessions.lookups.holds()
            let late = try await server.open("/?session_key=bob")
            let gone = try await server.open("/?session_key=bob")
            await gone.close()
            #expect(await late.frame()?.closeCode == 4408)
            #expect(await first.frame()?.closeCode == 4408)
            while try registry.expectGauge("roomcast_logins_waiting").lastValue != 0 { await Task.yield() }
            server.sessions.lookups.open()
            _ = try await server.login("alice")
            #expect(server.sessions.lookupsAsked == 2)
        }
    }

    @Test func aLoginThatFailsMakesWayForTheNext() async throws {
        try await TestServer.run(limits: limits(waiting: 9), sessionConnectionsMax: 1) { server in
            let nobody = try await server.open("/?session_key=nobody")
            #expect(await nobody.frame()?.closeCode == 4401)
            let alice = try await server.login("alice")
            let second = try await server.open("/?session_key=alice")
            #expect(await second.frame()?.closeCode == 4409)
            server.store.isAway(true)
            server.sessions.insert("carol", "Carol", room: 1)
            let away = try await server.open("/?session_key=carol")
            #expect(await away.frame()?.closeCode == 1013)
            server.store.isAway(false)
            _ = try await server.login("bob")
            try await alice.say("hello")
            #expect(await alice.frame()?.seq == 1)
        }
    }
}
