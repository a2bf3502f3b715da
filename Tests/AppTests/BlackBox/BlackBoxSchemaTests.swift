import Foundation
import TestKit
import Testing

extension BlackBox {
    /// Servers whose tables are in a schema of their own (`db_schema`).
    @Suite struct Schemas {
        private func start(_ url: String, _ schema: String) async throws -> AppProcess {
            try await AppProcess.start(#", "drain_timeout_s": 20, "db_schema": "\#(schema)""#, url: url)
        }

        @Test func twoServersInOneDatabaseDoNotSeeEachOther() async throws {
            let url = try await PostgresFixture.shared.emptyDatabase()
            let (a, b) = (try await start(url, "a"), try await start(url, "b"))
            try await a.sql(
                """
                insert into a.sessions values ('1', 'Ann', 0), ('2', 'Amy', 0);
                insert into b.sessions values ('1', 'Bob', 0);
                """)
            let (ann, welcomeOfAnn) = try await ChatClient.join(await a.wsPort)
            let (bob, welcomeOfBob) = try await ChatClient.join(await b.wsPort)
            #expect((welcomeOfAnn.user, welcomeOfBob.user) == ("Ann", "Bob"))
            #expect(try await ChatClient.connect(await b.wsPort, "session_key=2").farewell().code == 4401)
            ann.say("in a")
            #expect(try await ann.next().message == "in a")
            try await a.sql("set search_path = ''; select a.new_message(0, now(), 'SQL', 'to a')")
            #expect(try await ann.next().message == "to a")
            try await a.sql("delete from a.sessions where session_key = '1'")
            #expect(try await ann.farewell().code == 4403)
            bob.say("in b")
            let heard = try await bob.next()
            #expect((heard.message, heard.seq) == ("in b", 1))
            #expect(try await a.sql("select message from b.log") == ["in b"])
            #expect(try await a.sql("select message from a.log order by seq") == ["in a", "to a"])
            #expect(try await a.terminate() == 0)
            #expect(try await b.terminate() == 0)
        }

        @Test func commandsUseTheSchema() async throws {
            let url = try await PostgresFixture.shared.emptyDatabase()
            try await withDirectory { directory in
                let file = directory.appending(path: "site_conf.json")
                try #"{"db_url":"\#(url)","db_schema":"chat"}"#.write(to: file, atomically: true, encoding: .utf8)
                func run(_ words: String...) async throws -> AppCommand {
                    try await AppCommand.run(words + ["--config", file.path])
                }
                let before = try await run("check", "--connect")
                #expect(before.code == 0 && before.stdout.contains("0001_nodejschat.sql"), "\(before)")
                #expect(try await SQL(url).run("select to_regnamespace('chat') is null") == ["t"])
                #expect(try await run("migrate").stdout.contains("applied 0001_nodejschat.sql"))
                #expect(try await run("check", "--connect").stdout.contains("migrations: up to date"))
                #expect(try await run("session", "create", "Ann", "--key", "k").stdout == "k\n")
                #expect(try await SQL(url).run("select user_name from chat.sessions") == ["Ann"])
                #expect(try await run("session", "list").stdout.contains("Ann"))
                #expect(try await run("session", "revoke", "k").code == 0)
                #expect(try await SQL(url).run("select count(*) from chat.sessions") == ["0"])
                try #"{"db_schema":"pg_chat"}"#.write(to: file, atomically: true, encoding: .utf8)
                #expect(try await run("migrate").code == 78)
            }
        }
    }
}
