import TestKit
import Testing

extension BlackBox {
    /// Clients that ask for more than their share.
    @Suite struct Floods {
        @Test func sessionSpeaksAtItsRateOverAllItsConnections() async throws {
            let limits = #", "limits": {"session_messages_per_s": 0.01, "session_messages_burst": 3}"#
            try await withApp(limits, sessions: "('1','Ann',0), ('2','Bob',0)") { app in
                let port = await app.wsPort
                let (one, _) = try await ChatClient.join(port, "session_key=1&history=0")
                let (two, _) = try await ChatClient.join(port, "session_key=1&history=0")
                let (other, _) = try await ChatClient.join(port, "session_key=2&history=0")
                for number in 1...3 {
                    (number == 2 ? two : one).say("\(number)")
                    for client in [one, two, other] { #expect(try await client.next().message == "\(number)") }
                }
                two.say("too much", id: "x")
                let refused = try await two.next()
                #expect(refused.error == "rate_limited" && refused.id == "x")
                #expect(refused.text.contains("\"retry_after_ms\":"))
                // Coming back gives nothing.
                try await two.leave()
                try await one.leave()
                let (again, _) = try await ChatClient.join(port, "session_key=1&history=0")
                again.say("again")
                #expect(try await again.next().error == "rate_limited")
                // Others, and what is said in SQL, are not concerned.
                other.say("4")
                #expect(try await again.next().message == "4")
                for number in 5...9 { try await app.sql("select new_message(0, now()::timestamp, 'Ann', '\(number)')") }
                #expect(try await again.next(5).map(\.message) == ["5", "6", "7", "8", "9"])
                let page = try await PrometheusReading(HTTPAnswer.get("/metrics", await app.opsPort).body)
                #expect(page.value("roomcast_session_rate_limited_total") == 2)
            }
        }

        @Test(arguments: ["nonsense", "{\"history\":{}}", "{\"message\":\"much\"}"])
        func whoGoesOnAndOnIsSentAway(text: String) async throws {
            try await withApp(sessions: "('1','Ann',0), ('2','Bob',1)") { app in
                let (flooder, _) = try await ChatClient.join(await app.wsPort)
                let (bystander, _) = try await ChatClient.join(await app.wsPort, "session_key=2")
                for _ in 1...1000 { flooder.send(text) }
                #expect(try await flooder.farewell().code == 4429)
                bystander.say("hello")
                #expect(try await bystander.next().seq == 1)
            }
        }
    }
}
