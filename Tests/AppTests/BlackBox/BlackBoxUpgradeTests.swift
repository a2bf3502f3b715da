import TestKit
import Testing

extension BlackBox {
    /// A database of nodejschat 0.1.0 is taken over.
    @Suite struct Upgrade {
        @Test func oldMessagesAreTheHistoryAndOldSessionsHold() async throws {
            let url = try await PostgresFixture.shared.emptyDatabase()
            try await SQL(url).run(
                """
                create table sessions (key text not null unique, "user" text not null, room integer not null);
                create sequence message_id_sequence;
                create table log (
                    message_id integer default nextval('message_id_sequence'::text) not null unique,
                    room integer not null, "time" timestamp not null, "user" text not null, message text not null);
                create function new_message(room integer, message_time timestamp with time zone, message_user text,
                    message text) returns void language plpgsql as $$ begin end $$;
                insert into sessions values ('1', 'Michael Redman', 0), ('2', 'Ann', 7);
                insert into log values
                    (default, 0, '2016-08-08 17:20:32.421', 'Michael Redman', 'first'),
                    (default, 7, '2016-08-08 17:20:33', 'Ann', 'other room'),
                    (default, 0, '2016-08-08 17:20:34', 'Ann', 'second');
                """)
            let app = try await AppProcess.start(#", "drain_timeout_s": 10"#, url: url)
            let (michael, welcome) = try await ChatClient.join(await app.wsPort)
            #expect(welcome.user == "Michael Redman")
            #expect(welcome.lastSeq == 2)
            #expect(
                try await michael.next(2).map(\.text) == [
                    #"{"seq":1,"time":"2016-08-08T17:20:32.421Z","user":"Michael Redman","message":"first"}"#,
                    #"{"seq":2,"time":"2016-08-08T17:20:34.000Z","user":"Ann","message":"second"}"#,
                ])
            let (ann, _) = try await ChatClient.join(await app.wsPort, "session_key=2")
            #expect(try await ann.next().message == "other room")

            // And life goes on, with the statements of nodejschat's documentation.
            try await app.sql(
                "insert into sessions values('3','Cid',0); select new_message(0, now(), 'SQL', 'from SQL')")
            #expect(try await michael.next().seq == 3)
            let (cid, _) = try await ChatClient.join(await app.wsPort, "session_key=3&after=2")
            #expect(try await cid.next().message == "from SQL")
            cid.say("new")
            #expect(try await michael.next().seq == 4)
            #expect(try await app.sql("select message_id from log order by 1") == ["1", "2", "3", "4", "5"])
            #expect(try await app.terminate() == 0)
        }
    }
}
