import Foundation
import Glibc
import TestKit
import Testing

extension BlackBox {
    /// The server ends under load, and comes back.
    @Suite struct Ends {
        private static let settings = #", "limits": {"messages_per_s": null}, "recent_per_room": 64"#

        /// Everybody resumes, repeats what was not acknowledged, talks on, and has then seen exactly the log.
        private func settle(_ crowd: Crowd, _ app: AppProcess) async throws {
            try await crowd.join(await app.wsPort)
            let ends = try await crowd.finish(after: 100)
            #expect(ends == Array(repeating: nil, count: crowd.talkers.count))
            try await crowd.audit(app)
        }

        @Test func killedServerLosesAndDoublesNothing() async throws {
            try await withApp(Self.settings, sessions: Crowd.sessions(20), drain: 8) { app in
                let crowd = Crowd(20)
                for _ in 1...3 {
                    try await crowd.join(await app.wsPort)
                    let ends = try await crowd.talk {
                        await crowd.tally.reach(400)
                        await app.kill()
                    }
                    // No close frame: it was cut.
                    #expect(ends.allSatisfy { $0 != nil && $0?.code == nil })
                    try await app.restart()
                }
                try await settle(crowd, app)
            }
        }

        @Test func stoppedServerStoresAndShowsWhatItReadAndSaysWhenToComeBack() async throws {
            try await withApp(Self.settings, sessions: Crowd.sessions(20), drain: 8) { app in
                let crowd = Crowd(20)
                for signal in [SIGTERM, SIGINT] {
                    try await crowd.join(await app.wsPort)
                    let ends = try await crowd.talk {
                        await crowd.tally.reach(400)
                        let code = await app.stop(signal)
                        let lastWords = await app.wholeLog().suffix(5)
                        #expect(code == 0, "\(lastWords)")
                    }
                    #expect(ends.allSatisfy { $0?.code == 1001 })
                    #expect(ends.allSatisfy { $0?.reason.firstMatch(of: #/^retry_ms=\d+$/#) != nil })
                    #expect(await app.wholeLog().last?.contains("\"event\":\"stopped\"") == true)
                    // Everything that was shown is stored, with nobody to store it any more.
                    let log = try await logged(app)
                    for talker in crowd.talkers {
                        let seen = await talker.seen
                        #expect(seen == Array(log.prefix(seen.count)))
                    }
                    try await app.restart()
                }
                try await settle(crowd, app)
            }
        }

        @Test func stopAnswersEverythingItHasRead() async throws {
            // One connection that sends a burst and then only listens: whatever part of it was read is shown before 1001.
            try await withApp(Self.settings, drain: 8) { app in
                let (client, _) = try await ChatClient.join(await app.wsPort)
                for number in 1...500 { client.say("\(number)", id: "\(number)") }
                #expect(try await client.next().seq == 1)
                #expect(await app.stop(SIGTERM) == 0)
                let (frames, farewell) = try await client.rest()
                #expect(farewell.code == 1001)
                #expect(try await logged(app).dropFirst() == frames.map(\.row)[...])
                try await app.restart()
            }
        }

        @Test func manyAreSentAwayOneByOneAndWithinTheTime() async throws {
            let settings = Self.settings.replacing("null}", with: "null, \"connections_per_session_max\": null}")
            try await withApp(settings, drain: 8) { app in
                let port = await app.wsPort
                let clients = try await withThrowingTaskGroup(of: [ChatClient].self) { group in
                    for _ in 1...8 {
                        group.addTask {
                            var clients: [ChatClient] = []
                            for _ in 1...100 { clients.append(try await ChatClient.join(port).client) }
                            return clients
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                let start = ContinuousClock.now
                #expect(await app.stop(SIGTERM) == 0)
                #expect(ContinuousClock.now - start < .seconds(8))
                var retries: [Int] = []
                for client in clients {
                    let farewell = try await client.farewell()
                    #expect(farewell.code == 1001)
                    retries.append(try #require(Int(farewell.reason.dropFirst("retry_ms=".count))))
                }
                #expect(retries.count == 800)
                #expect(retries.allSatisfy { (200...2000).contains($0) })
                // The chance that a tenth of the time is left out by all is 1e-36.
                for tenth in 0..<10 {
                    #expect(retries.contains { (200 + tenth * 180...380 + tenth * 180).contains($0) })
                }
                try await app.restart()
            }
        }

        @Test func secondSignalChangesNothing() async throws {
            try await withApp(drain: 8) { app in
                let (client, _) = try await ChatClient.join(await app.wsPort)
                Glibc.kill(await app.pid, SIGTERM)
                _ = await app.line { $0.contains("\"event\":\"draining\"") }
                #expect(await app.stop(SIGTERM) == 0)
                #expect(try await client.farewell().code == 1001)
                try await app.restart()
            }
        }
    }
}
