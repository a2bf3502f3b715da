import Foundation
import TestKit
import Testing

extension BlackBox {
    /// The server and the application as roles that may do what `migrations/README.md` lists, and no more.
    @Suite struct Roles {
        /// The grants as they are documented, for roles of this test's own.
        private func grants(_ server: String, _ application: String) throws -> String {
            let page = try String(contentsOfFile: PostgresFixture.migrations + "/README.md", encoding: .utf8)
            let blocks = page.matches(of: /```sql\n([^`]+)```/).map { String($0.1) }
            try #require(blocks.count == 2)
            return blocks.joined().replacing("to chat_server", with: "to \(server)")
                .replacing("to application", with: "to \(application)")
        }

        private func refusal(_ url: String, _ statement: String) async throws -> String {
            do {
                try await SQL(url).run(statement)
                return "allowed: \(statement)"
            } catch let failure as SQL.Failure {
                return failure.description.contains("42501") ? "" : failure.description
            }
        }

        private func withRoles(_ body: (_ url: String, _ server: String, _ application: String) async throws -> Void)
            async throws
        {
            let url = try await PostgresFixture.shared.database()
            let name = url.split(separator: "=").last.map(String.init) ?? ""
            let (server, application) = ("chat_server_\(name)", "application_\(name)")
            try await SQL(url).run(
                "create role \(server) login; create role \(application) login; \(grants(server, application))")
            try await body(url, server, application)
            try await SQL(url).run("drop owned by \(server), \(application); drop role \(server), \(application)")
        }

        @Test func documentedGrantsAreEnoughAndNotTooMuch() async throws {
            try await withRoles { url, server, application in
                let app = try await AppProcess.start(
                    ", \"drain_timeout_s\": 20", url: "\(url) user=\(server)", options: ["--no-migrate"])
                let theirs = SQL("\(url) user=\(application)")
                try await theirs.run("insert into sessions values ('1', 'Michael Redman', 0), ('2', 'Ann', 0)")
                let (client, welcome) = try await ChatClient.join(await app.wsPort)
                #expect(welcome.user == "Michael Redman")
                client.say("by the server", id: "1")
                #expect(try await client.next().message == "by the server")
                try await theirs.run("select new_message(0, now(), 'Robot', 'by the application')")
                #expect(try await client.next().message == "by the application")
                #expect(try await theirs.run("select message from log order by seq").count == 2)
                client.send(#"{"history":{"before":3,"limit":10}}"#)
                #expect(try await client.next().history?.count == 2)
                try await theirs.run("delete from sessions where session_key = '1'")
                #expect(try await client.farewell().code == 4403)
                for statement in [
                    "delete from log", "update log set \"user\" = ''", "truncate log", "delete from changes",
                    "delete from rooms", "update sessions set user_name = ''", "create table mine (a integer)",
                    "drop table log", "select * from pg_authid",
                ] { #expect(try await refusal("\(url) user=\(server)", statement) == "") }
                for statement in [
                    "insert into log (room, seq, \"time\", \"user\", message) values (0, 9, now(), 'a', 'b')",
                    "update rooms set last_seq = 0", "delete from log", "select * from inbox", "select new_epoch()",
                ] { #expect(try await refusal("\(url) user=\(application)", statement) == "") }
                #expect(try await app.terminate() == 0)
            }
        }

        /// What others make in a further schema of the path, or as a temporary table, must never be taken for ours.
        @Test func searchPathIsTheSchemaAndNothingElse() async throws {
            let url = try await PostgresFixture.shared.emptyDatabase()
            try await SQL(url).run(
                """
                create schema other;
                do $$ begin execute format('alter database %I set search_path = public, other', current_database()); end $$;
                """)
            let app = try await AppProcess.start(", \"drain_timeout_s\": 20", url: url)
            try await app.sql(
                """
                insert into sessions values ('1', 'Michael Redman', 0);
                create table paths (path text);
                create function tell() returns trigger language plpgsql
                    as $$ begin insert into paths values (current_setting('search_path')); return null; end $$;
                create trigger tell after insert on log execute function tell();
                create trigger tell after insert on inbox execute function tell();
                """)
            let (client, _) = try await ChatClient.join(await app.wsPort)
            client.say("hello")
            _ = try await client.next()
            // In the application's own transaction the function has the path of the time it was made at.
            try await app.sql("select new_message(0, now(), 'Robot', 'hello')")
            _ = try await client.next()
            #expect(try await app.sql("select distinct path from paths") == ["public, pg_temp"])
            #expect(try await app.terminate() == 0)
        }
    }
}
