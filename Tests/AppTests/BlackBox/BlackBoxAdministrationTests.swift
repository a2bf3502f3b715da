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
                    #expect(second.code == 78)
                    #expect(
                        second.complaints == [
                            "\(server): cannot listen on 127.0.0.1:\(port): another process listens there; stop it,"
                                + " or set \(server).port to another port (0 takes a free one)"
                        ])
                    #expect(!second.stdout.contains("\"event\":\"ready\""))
                }
                let (client, _) = try await ChatClient.join(port)
                client.say("the first server is unharmed")
                #expect(try await client.next().seq == 1)
            }
        }

        @Test(arguments: [
            // RFC 5737: an address that no machine has.
            ("192.0.2.1", "this machine does not have the address; set ws_server.host to"),
            ("host.invalid", "the name has no address; set ws_server.host to"),
        ])
        func anAddressOfAnotherMachineIsNamed(host: String, reason: String) async throws {
            let url = try await PostgresFixture.shared.database()
            let json = """
                {"db_url": "\(url)", "ws_server": {"host": "\(host)", "port": 0}, "html_server": null,
                 "ops_server": null}
                """
            try await withConfiguration(json) { path in
                let run = try await AppCommand.run(["serve", "--config", path])
                #expect(run.code == 78)
                #expect(run.complaints.count == 1)
                #expect(run.stderr.hasPrefix("ws_server: cannot listen on \(host):0: \(reason)"))
            }
        }

        @Test func foreignTablesAreOneClearErrorAndStay() async throws {
            let url = try await PostgresFixture.shared.emptyDatabase()
            try await SQL(url).run("create table sessions (key text primary key, data jsonb)")
            let before = try await SQL(url).dump()
            try await withDatabase(url) { run in
                for arguments in [["migrate"], ["serve"], ["serve", "--no-migrate"], ["check", "--connect"]] {
                    let refused = try await run(arguments)
                    #expect(refused.code == 78)
                    #expect(refused.complaints.count == 1)
                    #expect(refused.stderr.contains("table public.sessions is not Roomcast's"))
                    #expect(try await SQL(url).dump() == before)
                }
            }
        }

        @Test func sessionsAreRevokedByFingerprintOrFromStandardInput() async throws {
            let url = try await PostgresFixture.shared.database()
            try await withDatabase(url) { run in
                for key in ["one", "two", "twin82084", "twin125676"] {
                    #expect(try await run(["session", "create", "Ada-\(key)", "--key", key]).code == 0)
                }
                let list = try await run(["session", "list"]).stdout.split(separator: "\n")
                let shown = try #require(list.first { $0.contains("Ada-one") }?.split(separator: " ").first)
                #expect(try await run(["session", "revoke", String(shown)]).stdout == "revoked\n")

                let several = try await run(["session", "revoke", "b50e1bf6"])
                #expect(several.code == 64)
                #expect(
                    several.complaints
                        == ["2 sessions have a fingerprint that begins with b50e1bf6; give more of its digits"])
                let none = try await run(["session", "revoke", String(shown)])
                #expect(none.code == 64)
                #expect(none.complaints == ["no session has this key, or a fingerprint that begins with it"])
                let nothing = try await run(["session", "revoke", "-"])
                #expect(nothing.code == 64)
                #expect(nothing.complaints == ["there is no key on standard input: its first line is taken"])
            }
            try await withConfiguration("{\"db_url\": \"\(url)\"}") { path in
                let piped = try await AppCommand.run(
                    URL(filePath: "/bin/sh"),
                    ["-c", "echo two | \"$0\" session revoke - --config \"$1\"", AppProcess.executable.path, path])
                #expect(piped.stdout == "revoked\n")
            }
            #expect(
                try await SQL(url).run("select session_key from sessions order by 1") == ["twin125676", "twin82084"])
        }

        private func migrationNames() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: PostgresFixture.migrations)
                .filter { $0.hasSuffix(".sql") }.map { String($0.dropLast(4)) }
        }
    }
}
