import DB
import Foundation
import Logging
import Rooms
import TestKit
import Testing

/// nodejschat's own tables are taken over with all their rows.
@Suite(.timeLimit(.minutes(2)))
struct UpgradeTests {
    private func upgrade(_ oldSchema: String) async throws -> (url: String, sql: SQL) {
        let url = try await PostgresFixture.shared.emptyDatabase()
        try await SQL(url).run(oldSchema)
        _ = try await Migrator(url: url, logger: Logger(label: "test")).apply()
        return (url, SQL(url))
    }

    @Test func takesOverNodejschatsTables() async throws {
        let (url, sql) = try await upgrade(
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
                (default, 0, '2016-08-08 17:20:34', 'Ann', 'second'),
                (99, 0, '2016-08-08 17:20:31', 'Ann', 'third');
            """)
        #expect(
            try await sql.run("select message_id, room, seq, message from log order by message_id")
                == ["1|0|1|first", "2|7|1|other room", "3|0|2|second", "99|0|3|third"])
        #expect(try await sql.run("select room, last_seq, first_seq from rooms order by room") == ["0|3|1", "7|1|1"])
        try await withDatabase(url: url) { database, sql in
            #expect(try await database.session(key: "1")?.userName == "Michael Redman")
            #expect(try await database.session(key: "2")?.room == RoomID(7))
            let snapshot = try await database.openRoom(RoomID(0), recent: 9)
            #expect(snapshot.recent.first?.time.iso8601 == "2016-08-08T17:20:32.421Z")
            #expect(try await database.append(.of([0: ["new"]])).bases == [3])
            #expect(try await sql.run("select message_id from log where message = 'new'") == ["100"])
            try await sql.run("select new_message(0, null, 'SQL', 'from SQL')")
            #expect(try await database.drained().map(\.seq) == [5])
            try await sql.run("insert into sessions values('3','Positional',0)")
            #expect(try await database.session(key: "3")?.role == .member)
        }
    }

    @Test func severalServersUpgradeAtOnceAndAgain() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        try await SQL(url).run(
            """
            create table sessions (key text not null unique, "user" text not null, room integer not null);
            create table log (message_id integer, room integer, "time" timestamp, "user" text, message text);
            insert into sessions values ('1', 'Ann', 0);
            insert into log select n, n % 3, '2016-08-08', 'Ann', 'text ' || n from generate_series(1, 100) n;
            """)
        let migrator = Migrator(url: url, logger: Logger(label: "test"))
        let all = try await migrator.pending()
        let applied = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<2 { group.addTask { try await migrator.apply() } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied == all)
        let after = try await SQL(url).dump()
        #expect(try await migrator.apply() == [])
        #expect(try await SQL(url).dump() == after)
        #expect(try await SQL(url).run("select count(*), count(distinct (room, seq)) from log") == ["100|100"])
    }

    @Test func losesNoRowOfALooserTable() async throws {
        let (_, sql) = try await upgrade(
            """
            create table sessions (key text, "user" text, room integer);
            create table log (message_id integer primary key, room integer, "time" timestamptz, "user" text,
                message text);
            alter table log drop constraint log_pkey;
            alter table log alter message_id drop not null;
            insert into sessions values ('k', 'old', 1), ('k', 'new', 2), (null, 'nobody', 3), ('m', null, null);
            insert into log values (5, 1, '2016-08-08 19:20:32+02', 'a', 'five'), (5, 1, null, 'b', 'five again'),
                (null, 1, '2016-08-08', null, null);
            """)
        #expect(try await sql.run("select message_id, seq from log order by seq") == ["5|1", "7|2", "8|3"])
        #expect(try await sql.run("select message from log order by message") == ["five", "five again"])
        #expect(
            try await sql.run("select session_key, user_name, chat_room from sessions order by 1")
                == ["k|new|2", "m||0"])
        #expect(try await sql.run("select count(*) from nodejschat_sessions") == ["4"])
    }

    @Test func leavesOurOwnTablesAlone() async throws {
        let (url, sql) = try await upgrade("select 1")
        #expect(try await sql.run("select to_regclass('nodejschat_log') is null") == ["t"])
        _ = try await Migrator(url: url, logger: Logger(label: "test")).apply()
        #expect(try await sql.run("select count(*) from log") == ["0"])
    }

    /// Version 0.1.0 of Roomcast applied each file by itself, so an upgrade may have ended in the middle.
    @Test func goesOnWithAnUpgradeThatWasInterrupted() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        let sql = SQL(url)
        try await sql.run(
            """
            create table sessions (key varchar(80) not null unique, "user" varchar not null, room integer not null);
            create table log (message_id bigint, room integer, "time" timestamptz, "user" text, message text);
            create function new_message(room integer, message_time timestamp with time zone, message_user text,
                message text) returns void language plpgsql as $$ begin end $$;
            insert into log values (5, 1, '2016-08-08 19:20:32+02', 'a', 'five');
            """)
        let first = Array(MigrationFile.embedded.prefix(1))
        _ = try await Migrator(url: url, files: first, logger: Logger(label: "test")).apply()
        #expect(try await sql.run("select to_regclass('log') is null") == ["t"])
        _ = try await Migrator(url: url, logger: Logger(label: "test")).apply()
        #expect(try await sql.run("select message_id, seq, message from log") == ["5|1|five"])
    }
}
