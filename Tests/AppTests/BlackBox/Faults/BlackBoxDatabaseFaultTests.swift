import Glibc
import TestKit
import Testing

extension BlackBox {
    /// PostgreSQL or parts of it end or stand still, under load.
    @Suite struct DatabaseFaults {
        @Test func endedPostgreSQLLosesAndDoublesNothing() async throws {
            try await TrialCluster.with { cluster in
                let trial = try await Trial.run(cluster.url) { trial in
                    // Killed, "immediate" and "fast".
                    for signal in [SIGKILL, SIGQUIT, SIGINT] {
                        try await cluster.end(by: signal)
                        try await cluster.start()
                        await trial.answers.reach(50)
                    }
                }
                await trial.expectNobodyLeft()
            }
        }

        @Test func stoppedProcessesOnlyDelay() async throws {
            try await TrialCluster.with { cluster in
                let trial = try await Trial.run(cluster.url) { trial in
                    await cluster.signalAll(SIGSTOP)
                    // The fault itself lasts so long; nothing is waited for. Its sockets still take what is sent.
                    try await Task.sleep(for: .seconds(6))
                    await cluster.signalAll(SIGCONT)
                    await trial.answers.reach(50)
                }
                await trial.expectNobodyLeft()
                #expect(await trial.lost("chat-writer") == 0)
            }
        }

        @Test func terminatedBackendsAreReplaced() async throws {
            let trial = try await Trial.run(PostgresFixture.shared.database()) { trial in
                let writer = "query like '%store_batch%'"
                for whose in [writer, "not \(writer)", writer, "not \(writer)"] {
                    let terminated = try await trial.sql.run(
                        """
                        select pg_terminate_backend(pid) from pg_stat_activity
                        where datname = current_database() and application_name = 'chat' and \(whose)
                        """)
                    #expect(terminated.contains("t"), "\(whose)")
                    await trial.answers.reach(30)
                }
            }
            await trial.expectNobodyLeft()
            // Twice because it stored; not more often than there were rounds, if the slow lane stored in its place.
            #expect((2...4).contains(await trial.lost("chat-writer")))
        }

        @Test func terminatedListenerMissesNothing() async throws {
            let rounds = 8
            let revoked = (0..<rounds).map { "('r\($0)','revoked \($0)',0)" }.joined(separator: ", ")
            // Nothing is found by looking now and then.
            let trial = try await Trial.run(
                PostgresFixture.shared.database(), guests: 5, settings: #", "session_check_s": 3600"#,
                prepare: "insert into sessions values \(revoked)"
            ) { trial in
                for round in 0..<rounds {
                    let (client, _) = try await ChatClient.join(
                        await trial.app.wsPort, "session_key=r\(round)&history=0")
                    try await trial.sql.run(
                        """
                        select pg_terminate_backend(pid) from pg_stat_activity
                        where datname = current_database() and application_name = 'chat-listen';
                        select new_message(0, now(), 'SQL', 'said in round \(round)');
                        delete from sessions where session_key = 'r\(round)';
                        """)
                    let (frames, farewell) = try await client.rest()
                    #expect(farewell.code == 4403)
                    #expect(frames.compactMap(\.seq).isStrictlyAscending)
                }
                var said: [String]
                repeat {
                    said = try await trial.sql.run(#"select message from log where "user" = 'SQL' order by seq"#)
                } while said.count < rounds
                #expect(said == (0..<rounds).map { "said in round \($0)" })
            }
            await trial.expectNobodyLeft()
        }
    }
}

extension [Int64] {
    /// Whether each is greater than the one before.
    var isStrictlyAscending: Bool { zip(self, dropFirst()).allSatisfy { $0 < $1 } }
}
