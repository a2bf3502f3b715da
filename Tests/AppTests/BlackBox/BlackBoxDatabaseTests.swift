import DB
import Foundation
import Glibc
import Logging
import TestKit
import Testing

extension BlackBox {
    /// The database ends, under load and with the server.
    @Suite struct DatabaseEnds {
        @Test func databaseStoppedUnderLoadLosesAndDoublesNothing() async throws {
            try await withDirectory { (directory: URL) async throws in
                let place = directory.appending(path: "cluster").path
                var cluster = try await start(place)
                let app = try await AppProcess.start(
                    #", "limits": {"messages_per_s": null}, "drain_timeout_s": 10"#, url: cluster.url)
                try await app.sql("insert into sessions values \(Crowd.sessions(10))")
                let crowd = Crowd(10)
                try await crowd.join(await app.wsPort)
                let ends = try await crowd.talk {
                    await crowd.tally.reach(200)
                    try await cluster.stop()
                    #expect(await app.line { $0.contains("\"event\":\"database_unavailable\"") } != nil)
                    let away = try await HTTPAnswer.get("/health/ready", await app.opsPort)
                    #expect(away.status == 503)
                    #expect(away.body == "{\"status\":\"not_ready\",\"reason\":\"database\"}\n")
                    #expect(try await HTTPAnswer.get("/health/live", await app.opsPort).status == 200)
                    // A new login is sent away, to come back.
                    #expect(try await ChatClient.connect(await app.wsPort, "session_key=t0").farewell().code == 1013)

                    cluster = try await start(place)
                    #expect(await app.line { $0.contains("\"event\":\"database_available\"") } != nil)
                    #expect(try await HTTPAnswer.get("/health/ready", await app.opsPort).status == 200)
                    await crowd.tally.reach(200)
                    for talker in crowd.talkers { await talker.stop() }
                }
                // Nobody was sent away.
                #expect(ends == Array(repeating: nil, count: 10))
                let log = try await logged(app)
                for talker in crowd.talkers {
                    try await talker.listen(through: Int64(log.count))
                    #expect(await talker.seen == log, "\(talker.key)")
                }
                #expect(try await app.sql("select count(*) = count(distinct client_id) from log") == ["t"])
                #expect(try await app.terminate() == 0)
                try await cluster.stop()
            }
        }

        private func start(_ directory: String) async throws -> EmbeddedCluster {
            try await EmbeddedCluster.start(
                directory: directory, settings: ["fsync": "off", "shared_buffers": "8MB"], logger: Logger(label: "test")
            )
        }

        @Test func embeddedDatabaseOutlivesACrashAndEndsWithTheServer() async throws {
            try await withDirectory { (directory: URL) async throws in
                let place = directory.appending(path: "postgres").path
                let sql = SQL("host='\(place)/socket' port=5432 user=postgres dbname=postgres")
                let app = try await AppProcess.start(#", "drain_timeout_s": 10"#, url: "embedded:\(place)")
                #expect(await app.log.contains { $0.contains("\"event\":\"embedded_postgresql_started\"") })
                try await sql.run("insert into sessions values ('1','Michael Redman',0)")
                let (first, welcome) = try await ChatClient.join(await app.wsPort)
                first.say("before the crash")
                #expect(try await first.next().seq == 1)

                await app.kill()
                try await app.restart()
                let (second, resumed) = try await ChatClient.join(
                    await app.wsPort, "session_key=1&after=0&epoch=\(welcome.epoch ?? "")")
                #expect(resumed.resumed == true)
                #expect(try await second.next().message == "before the crash")
                second.say("after the crash")
                #expect(try await second.next().seq == 2)
                #expect(try await sql.run("show listen_addresses").joined().isEmpty)

                #expect(await app.stop(SIGTERM) == 0)
                #expect(!FileManager.default.fileExists(atPath: "\(place)/data/postmaster.pid"))
                await #expect(throws: SQL.Failure.self) { try await sql.run("select 1") }

                try await app.restart()
                #expect(
                    try await sql.run("select seq, message from log order by 1") == [
                        "1|before the crash", "2|after the crash",
                    ])
                #expect(try await app.terminate() == 0)
                #expect(!FileManager.default.fileExists(atPath: "\(place)/data/postmaster.pid"))
            }
        }

        @Test func embeddedDatabaseThatIsKilledComesBack() async throws {
            try await withDirectory { (directory: URL) async throws in
                let place = directory.appending(path: "postgres").path
                let sql = SQL("host='\(place)/socket' port=5432 user=postgres dbname=postgres")
                let app = try await AppProcess.start(#", "drain_timeout_s": 10"#, url: "embedded:\(place)")
                try await sql.run("insert into sessions values ('1','Michael Redman',0)")
                let (client, _) = try await ChatClient.join(await app.wsPort)
                let words = try String(contentsOfFile: "\(place)/data/postmaster.pid", encoding: .utf8)
                let postmaster = try #require(Int32(words.prefix { $0.isNumber }))
                Glibc.kill(postmaster, SIGKILL)
                client.say("said meanwhile", id: "1")
                #expect(try await client.next().message == "said meanwhile")
                #expect(await app.line { $0.contains("\"event\":\"embedded_postgresql_ended\"") } != nil)
                // The message may have been stored by a process that outlived its postmaster for a moment.
                let again = await app.line {
                    $0.contains("\"event\":\"embedded_postgresql_started\"") && !$0.contains("\"\(postmaster)\"")
                }
                #expect(again != nil)
                #expect(try await sql.run("select seq, client_id from log") == ["1|1"])
                #expect(try await app.terminate() == 0)
            }
        }
    }
}
