import Foundation
import TestKit
import Testing

extension BlackBox {
    /// A session is changed by SQL while a login with it waits for the room: the change wins.
    @Suite struct LoginChanges {
        /// Nothing but the notification of the change makes the server look again.
        private let settings = #", "session_check_s": null"#

        private func waiting(until condition: String) -> String {
            """
            do $$ begin
                while not exists (\(condition)) loop
                    perform pg_sleep(0.01);
                    perform pg_stat_clear_snapshot();
                end loop;
            end $$;
            """
        }

        /// Connects, runs `change` when the login waits for its room, and lets it go on when the server has handled the
        /// change. The witness is in another room: the login must wait for its own.
        private func login(_ app: AppProcess, changing change: String) async throws -> ChatClient {
            let server = "a.application_name = 'chat' and a.datname = current_database()"
            try await app.sql("create table released (); insert into sessions values ('w', 'witness', 9)")
            let (witness, _) = try await ChatClient.join(await app.wsPort, "session_key=w&events=session&history=0")
            async let holding = app.sql(
                "begin; lock table rooms in access exclusive mode; "
                    + waiting(until: "select from released") + "commit;")
            let locks =
                "select from pg_locks l join pg_stat_activity a using (pid) where l.relation = 'rooms'::regclass"
            try await app.sql(waiting(until: "\(locks) and l.granted and l.mode = 'AccessExclusiveLock'"))
            let client = try await ChatClient.connect(await app.wsPort)
            try await app.sql(
                waiting(until: "\(locks) and not l.granted and \(server)") + "\(change) where session_key = '1'")
            // One check of sessions runs at a time. The first of these may belong to the same check as the change; the
            // second one begins when that check has notified every connection.
            for name in ["first", "second"] {
                try await app.sql("update sessions set user_name = '\(name)' where session_key = 'w'")
                _ = try await witness.frames { $0.text.contains("\"user\":\"\(name)\"") }
            }
            try await app.sql("insert into released default values")
            _ = try await holding
            return client
        }

        @Test func demotedReaderSaysNothing() async throws {
            try await withApp(settings) { app in
                let client = try await login(app, changing: "update sessions set role = 'reader', user_name = 'Mike'")
                let welcome = try await client.next()
                #expect(welcome.user == "Mike")
                #expect(welcome.text.contains(#""role":"reader""#))
                client.say("demoted")
                #expect(try await client.next().error == "read_only")
                #expect(try await logged(app).isEmpty)
            }
        }

        @Test func movedSessionSpeaksInItsNewRoom() async throws {
            try await withApp(settings) { app in
                let client = try await login(app, changing: "update sessions set chat_room = 7")
                #expect(try await client.next().text.contains(#""room":7,"#))
                client.say("moved")
                #expect(try await client.next().message == "moved")
                #expect(try await logged(app).isEmpty)
                #expect(try await logged(app, room: 7).count == 1)
            }
        }

        @Test func deletedSessionIsNotWelcomed() async throws {
            try await withApp(settings) { app in
                let (frames, farewell) = try await login(app, changing: "delete from sessions").rest()
                #expect(frames.isEmpty)
                #expect(farewell.code == 4401)
            }
        }
    }
}
