import Foundation
import TestKit
import Testing

extension BlackBox {
    /// Two server processes on one database.
    @Suite struct Neighbours {
        private static let settings = #", "limits": {"messages_per_s": null}, "recent_per_room": 64"#

        /// Runs a test against two servers on one database; the second may be dead in the end.
        private func withNeighbours(
            sessions: String, _ body: (_ one: AppProcess, _ other: AppProcess) async throws -> Void
        ) async throws {
            try await withApp(Self.settings, sessions: sessions, drain: 8) { one in
                let other = try await AppProcess.start(Self.settings + #", "drain_timeout_s": 8"#, url: one.url)
                let result: Result<Void, any Error>
                do { result = .success(try await body(one, other)) } catch { result = .failure(error) }
                await ChatClient.hangUp(await other.wsPort)
                try await other.terminate()
                try result.get()
            }
        }

        /// The half of the crowd that is with the other server.
        private func join(_ crowd: Crowd, _ one: AppProcess, _ other: AppProcess) async throws {
            for (index, talker) in crowd.talkers.enumerated() {
                try await talker.join(index.isMultiple(of: 2) ? await one.wsPort : await other.wsPort)
            }
        }

        @Test func showOneOrderWhileTheirListeningConnectionsBreak() async throws {
            try await withNeighbours(sessions: Crowd.sessions(16)) { one, other in
                let crowd = Crowd(16)
                try await join(crowd, one, other)
                let ends = try await crowd.talk {
                    for _ in 1...6 {
                        await crowd.tally.reach(100)
                        let broken = try await one.sql(
                            """
                            select pg_terminate_backend(pid) from pg_stat_activity
                            where application_name = 'chat-listen' and datname = current_database()
                            """)
                        #expect(broken.allSatisfy { $0 == "t" })
                    }
                    for talker in crowd.talkers { await talker.stop() }
                }
                #expect(ends.allSatisfy { $0 == nil })
                try await crowd.audit(one)
            }
        }

        @Test func survivorServesThoseOfTheDead() async throws {
            try await withNeighbours(sessions: Crowd.sessions(12)) { one, other in
                let crowd = Crowd(12)
                try await join(crowd, one, other)
                let ends = try await crowd.talk {
                    await crowd.tally.reach(200)
                    await other.kill()
                    for talker in crowd.talkers { await talker.stop() }
                }
                #expect(ends.count { $0 != nil } == 6)
                for (index, talker) in crowd.talkers.enumerated() where !index.isMultiple(of: 2) {
                    try await talker.join(await one.wsPort)
                }
                #expect(try await crowd.finish(after: 100).allSatisfy { $0 == nil })
                try await crowd.audit(one)
            }
        }

        @Test func bothShowWhatSQLSaysAndEndWhatItRevokes() async throws {
            try await withNeighbours(sessions: "('1','Ann',0), ('2','Bob',0)") { one, other in
                let (ann, _) = try await ChatClient.join(await one.wsPort, "session_key=1")
                let (bob, _) = try await ChatClient.join(await other.wsPort, "session_key=2")
                try await one.sql("select new_message(0, null, 'sql', n::text) from generate_series(1, 200) n")
                let heard = try await ann.next(200)
                #expect(heard.map(\.message) == (1...200).map(String.init))
                #expect(heard.map(\.seq) == (1...200).map(Int64.init))
                #expect(try await bob.next(200) == heard)
                try await one.sql("delete from sessions")
                #expect(try await ann.farewell().code == 4403)
                #expect(try await bob.farewell().code == 4403)
            }
        }

        @Test func resumesAtTheOneWhatWasSeenAtTheOther() async throws {
            try await withNeighbours(sessions: "('1','Ann',0), ('2','Bob',0)") { one, other in
                let (ann, welcome) = try await ChatClient.join(await one.wsPort, "session_key=1")
                let (bob, _) = try await ChatClient.join(await other.wsPort, "session_key=2")
                // The other server cannot have heard of each message yet when somebody resumes behind it there.
                for number in 1...50 {
                    ann.say("\(number)")
                    #expect(try await ann.next().seq == Int64(number))
                    let place = "session_key=1&after=\(number)&epoch=\(welcome.epoch ?? "")"
                    let (moved, again) = try await ChatClient.join(await other.wsPort, place)
                    #expect(again.resumed == true)
                    #expect(again.reset == nil)
                    try await moved.leave()
                }
                #expect(try await bob.next(50).map(\.seq) == (1...50).map(Int64.init))
            }
        }

        @Test func newEpochSendsEverybodyBackToStartOver() async throws {
            try await withNeighbours(sessions: "('1','Ann',0), ('2','Bob',0)") { one, other in
                let (ann, welcome) = try await ChatClient.join(await one.wsPort, "session_key=1")
                let (bob, _) = try await ChatClient.join(await other.wsPort, "session_key=2")
                ann.say("before")
                #expect(try await bob.next().message == "before")
                try await one.sql("select new_epoch()")
                for client in [ann, bob] {
                    let farewell = try await client.farewell()
                    #expect(farewell.code == 1012)
                    #expect(farewell.reason.hasPrefix("retry_ms="))
                }
                let place = "session_key=2&after=1&epoch=\(welcome.epoch ?? "")"
                let (again, reset) = try await ChatClient.join(await other.wsPort, place)
                #expect(reset.reset == "epoch")
                #expect(try await again.next().message == "before")
            }
        }
    }
}
