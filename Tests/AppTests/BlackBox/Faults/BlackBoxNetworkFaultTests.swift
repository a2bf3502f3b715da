import TestKit
import Testing

extension BlackBox {
    /// The network between server and database fails, under load.
    @Suite struct NetworkFaults {
        /// A trial with a proxy between the server and a database of the shared cluster; the server loses so many
        /// connections that store messages.
        private func trial(
            guests: Int = 10, losses: ClosedRange<Int>? = nil,
            _ harm: @escaping @Sendable (Trial, FaultProxy) async throws -> Void
        ) async throws {
            let url = try await PostgresFixture.shared.database()
            let proxy = try await FaultProxy.start(before: url)
            let trial = try await Trial.run(url, serverURL: proxy.url, guests: guests) { try await harm($0, proxy) }
            await trial.expectNobodyLeft()
            if let losses { #expect(losses.contains(await trial.lostStoring())) }
            try await proxy.stop()
        }

        @Test func lostRepliesToCommitsLoseAndDoubleNothing() async throws {
            // Twenty in all, by four servers at a time: the pause before the next connection grows with each loss.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { try await trial(guests: 5, losses: 5...5, loseReplies) } }
                try await group.waitForAll()
            }
        }

        @Sendable private func loseReplies(_ trial: Trial, _ proxy: FaultProxy) async throws {
            // Somebody whose messages have no ids: the batch's own must keep them from being stored twice.
            let (plain, _) = try await ChatClient.join(await trial.app.wsPort, "session_key=t0&history=0")
            for round in 0..<5 {
                // The reply to a repeated batch is lost, too, and the reply to a later one.
                if round.isMultiple(of: 2) { await trial.answers.reach(20) }
                for number in 0..<3 { plain.say("without id \(round).\(number)") }
                try await proxy.swallowReply(to: "store_batch")
            }
            _ = try await plain.frames { $0.message == "without id 4.2" }
            #expect(
                try await trial.sql.run(
                    "select count(*), count(distinct message) from log where client_id is null") == ["15|15"])
        }

        @Test func stalledNetworkOnlyDelays() async throws {
            try await trial(losses: 0...0) { trial, proxy in
                try await proxy.stall()
                try await Task.sleep(for: .seconds(3))
                try await proxy.goOn()
                await trial.answers.reach(100)
            }
        }

        @Test func cutConnectionsAreMadeAnew() async throws {
            // Each cut hits the connection that has stored the answers before it, and perhaps the other one, too.
            try await trial(losses: 5...10) { trial, proxy in
                for _ in 0..<5 {
                    try await proxy.cut()
                    await trial.answers.reach(30)
                }
            }
        }

        @Test func blackHoleIsNoticedAndSurvived() async throws {
            try await trial { trial, proxy in
                let began = ContinuousClock.now
                try await proxy.openHole()
                #expect(await trial.app.line { $0.contains("\"event\":\"database_unavailable\"") } != nil)
                #expect(began.duration(to: .now) < .seconds(20))
                #expect(try await HTTPAnswer.get("/health/ready", await trial.app.opsPort).status == 503)
                try await proxy.closeHole()
                #expect(await trial.app.line { $0.contains("\"event\":\"database_available\"") } != nil)
                #expect(try await HTTPAnswer.get("/health/ready", await trial.app.opsPort).status == 200)
            }
        }

        @Test func fullQueueRefusesAtOnceAndTheRestIsStored() async throws {
            try await trial(guests: 2) { trial, proxy in
                let (flood, _) = try await ChatClient.join(await trial.app.wsPort, "session_key=t0&history=0")
                try await proxy.stall()
                // More than one batch and `queueMessagesMax`.
                let count = 23_000
                for number in 1...count { flood.say("flood \(number)") }
                var shown: [String] = []
                var refusals = 0
                while shown.count + refusals < count {
                    let frame = try await flood.next()
                    if frame.error == "unavailable" {
                        if refusals == 0 { try await proxy.goOn() }
                        refusals += 1
                    } else if let text = frame.message, text.hasPrefix("flood") {
                        shown.append(text)
                    }
                }
                #expect(refusals > 0)
                // What one read brings is taken or refused as a whole.
                #expect(shown.count > 10_000)
                #expect(
                    try await trial.sql.run("select message from log where client_id is null order by seq") == shown)
            }
        }
    }
}
