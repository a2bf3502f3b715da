import Foundation
import TestKit
import Testing

extension BlackBox {
    /// The commands that work on a database.
    @Suite struct Administration {
        private func withDatabase(
            _ url: String, _ body: (_ run: ([String]) async throws -> AppCommand) async throws -> Void
        ) async throws {
            try await withConfiguration("{\"db_url\": \"\(url)\"}") { path in
                try await body { try await AppCommand.run($0 + ["--config", path]) }
            }
        }

        @Test func migratesOnceAndThenHasNothingToDo() async throws {
            let url = try await PostgresFixture.shared.emptyDatabase()
            try await withDatabase(url) { run in
                let first = try await run(["migrate"])
                #expect(first.code == 0)
                let applied = first.stdout.split(separator: "\n")
                #expect(applied.first?.hasPrefix("applied 0001") == true)
                #expect(applied.count == (try migrationNames().count))
                let second = try await run(["migrate"])
                #expect(second.code == 0)
                #expect(second.stdout == "nothing to do: the database is up to date\n")
                #expect(try await SQL(url).run("select count(*) from log") == ["0"])
            }
        }

        @Test func checkSaysWhatIsPendingAndChangesNothing() async throws {
            let url = try await PostgresFixture.shared.emptyDatabase()
            try await withDatabase(url) { run in
                let plain = try await run(["check"])
                #expect(plain.code == 0)
                #expect(plain.stdout.split(separator: "\n").count == 1)
                #expect(plain.stdout.hasSuffix("site_conf.json: good\n"))

                let before = try await run(["check", "--connect"])
                #expect(before.code == 0)
                #expect(before.stdout.contains("db_url: connects and listens: good"))
                for name in try migrationNames() { #expect(before.stdout.contains(name)) }
                #expect(try await SQL(url).run("select to_regclass('log') is null") == ["t"])

                _ = try await run(["migrate"])
                let after = try await run(["check", "--connect"])
                #expect(after.code == 0)
                #expect(after.stdout.contains("migrations: up to date"))
            }
        }

        @Test func noMigrateRefusesToStart() async throws {
            let url = try await PostgresFixture.shared.emptyDatabase()
            try await withDatabase(url) { run in
                let refused = try await run(["serve", "--no-migrate"])
                #expect(refused.code == 78)
                #expect(refused.complaints.count == 1)
                #expect(refused.stderr.contains("migrations are pending: 0001"))
                #expect(!refused.stdout.contains("\"event\":\"listening\""))
                #expect(try await SQL(url).run("select to_regclass('log') is null") == ["t"])
                _ = try await run(["migrate"])
            }
            let app = try await AppProcess.start(url: url, options: ["--no-migrate"])
            #expect(try await app.terminate() == 0)
        }

        @Test func serverMigratesAnEmptyDatabase() async throws {
            let app = try await AppProcess.start(url: try await PostgresFixture.shared.emptyDatabase())
            #expect(
                await app.log.count { $0.contains("\"event\":\"migration_applied\"") } == (try migrationNames().count))
            #expect(try await app.terminate() == 0)
        }

        @Test func environmentOverridesTheURL() async throws {
            let url = try await PostgresFixture.shared.database()
            try await withConfiguration(#"{"db_url": "host=/nonexistent"}"#) { path in
                let run = try await AppCommand.run(
                    ["migrate", "--config", path, "--wait", "5"], environment: ["CHAT_DB_URL": url])
                #expect(run.code == 0)
            }
        }

        @Test func sessionsAreCreatedListedAndRevoked() async throws {
            let url = try await PostgresFixture.shared.database()
            try await withDatabase(url) { run in
                let random = try await run(["session", "create", "Michael Redman"])
                #expect(random.code == 0)
                let key = random.stdout.trimmingCharacters(in: .newlines)
                #expect(key.count == 64)

                let chosen = ["session", "create", "Ada", "--key", "adas-key", "--room", "7", "--role", "reader"]
                #expect(try await run(chosen + ["--expires-in", "24h"]).stdout == "adas-key\n")
                #expect(
                    try await SQL(url).run(
                        "select session_key, user_name, chat_room, role, expires_at > now() from sessions order by 3")
                        == ["\(key)|Michael Redman|0|member|", "adas-key|Ada|7|reader|t"])
                let again = try await run(chosen)
                #expect(again.code == 64)
                #expect(again.complaints == ["this session key exists already"])

                let list = try await run(["session", "list"])
                #expect(list.code == 0)
                #expect(list.stdout.split(separator: "\n").count == 2)
                for word in ["Michael Redman", "Ada", "room 7", "reader"] { #expect(list.stdout.contains(word)) }
                for secret in [key, "adas-key"] { #expect(!list.stdout.contains(secret)) }

                #expect(try await run(["session", "revoke", "adas-key"]).code == 0)
                let gone = try await run(["session", "revoke", "adas-key"])
                #expect(gone.code == 64)
                #expect(gone.complaints == ["no session has this key"])
                #expect(try await SQL(url).run("select count(*) from sessions") == ["1"])
            }
        }

        @Test func revokedSessionIsSentAway() async throws {
            try await withApp { app in
                let (client, _) = try await ChatClient.join(await app.wsPort)
                try await withDatabase(app.url) { run in
                    let revoked = try await run(["session", "revoke", "1"])
                    #expect(revoked.code == 0)
                }
                #expect(try await client.farewell().code == 4403)
            }
        }

        @Test(arguments: ["ws_server", "html_server", "ops_server"])
        func busyPortIsNamed(server: String) async throws {
            try await withApp { app in
                let port = await app.wsPort
                let members = ["ws_server", "html_server", "ops_server"].map {
                    "\"\($0)\": {\"port\": \($0 == server ? port : 0)}"
                }
                let json = "{\"db_url\": \"\(app.url)\", \(members.joined(separator: ", "))}"
                try await withConfiguration(json) { path in
                    let second = try await AppCommand.run(["serve", "--config", path])
                    #expect(second.code == 70)
                    #expect(second.complaints.count == 1)
                    #expect(second.stderr.contains("\(server): cannot listen on 127.0.0.1:\(port)"))
                    #expect(!second.stdout.contains("\"event\":\"ready\""))
                }
                let (client, _) = try await ChatClient.join(port)
                client.say("the first server is unharmed")
                #expect(try await client.next().seq == 1)
            }
        }

        private func migrationNames() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: PostgresFixture.migrations)
                .filter { $0.hasSuffix(".sql") }.map { String($0.dropLast(4)) }
        }
    }
}
