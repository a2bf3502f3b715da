import DB
import Logging
import Rooms
import TestKit
import Testing

/// A database that belongs to another application is left as it is.
@Suite(.timeLimit(.minutes(2)))
struct ForeignTablesTests {
    /// A database of another application, and the object in it that has a name of ours.
    struct Foreign: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let schema: String
        let names: String

        init(_ description: String, _ names: String, _ schema: String) {
            testDescription = description
            self.schema = schema
            self.names = names
        }
    }

    private static let nodejschatLog = """
        create table log (message_id integer, room integer, "time" timestamp, "user" text, message text);
        """
    private static let nodejschatSessions = """
        create table sessions (key text not null unique, "user" text not null, room integer not null);
        """

    static let refused: [Foreign] = [
        Foreign(
            "Rails with sessions in the database", "table public.sessions",
            """
            create table schema_migrations (version varchar primary key);
            insert into schema_migrations values ('20260102030405');
            create table sessions (id bigserial primary key, session_id varchar not null, data text);
            insert into sessions (session_id, data) values ('2::ab', 'x');
            """),
        Foreign(
            "a framework's sessions by key", "table public.sessions",
            """
            create table sessions (key text primary key, data jsonb);
            insert into sessions values ('k', '{"a": 1}');
            """),
        Foreign(
            "Laravel's sessions beside Ecto's migrations", "table public.sessions",
            """
            create table schema_migrations (version bigint primary key, inserted_at timestamp);
            create table sessions (id varchar(255) primary key, user_id bigint, payload text, last_activity integer);
            """),
        Foreign(
            "a log", "table public.log",
            """
            create table log (message_id bigserial primary key, level text, message text);
            insert into log (level, message) values ('info', 'started');
            """),
        Foreign(
            "a view named log", "view public.log", "create table entries (x int); create view log as table entries"),
        Foreign(
            "rooms of a hotel", "table public.rooms",
            "create table rooms (id serial primary key, beds integer); insert into rooms (beds) values (2);"),
        Foreign(
            "an inbox and batches", "table public.batches, table public.inbox",
            "create table inbox (id int); create table batches (id int)"),
        Foreign("a sequence", "sequence public.inbox", "create sequence inbox"),
        Foreign(
            "a materialized view", "materialized view public.rooms", "create materialized view rooms as select 1 as x"),
        Foreign("a composite type", "type public.log", "create type log as (x int)"),
        Foreign("an enumeration", "type public.rooms", "create type rooms as enum ('a', 'b')"),
        Foreign(
            "an index", "index public.log_client_hash", "create table a (x int); create index log_client_hash on a (x)"),
        Foreign(
            "a function", "function public.new_message(integer, timestamp with time zone, text, text)",
            """
            create function new_message(room integer, message_time timestamptz, message_user text, message text)
                returns void language sql as 'select 1';
            """),
        Foreign(
            "another table of migrations", "table public.roomcast_migrations",
            "create table roomcast_migrations (x int)"),
        Foreign("half of nodejschat: sessions", "table public.sessions", nodejschatSessions),
        Foreign("half of nodejschat: log", "table public.log", nodejschatLog),
        Foreign(
            "nodejschat's sessions with a column more", "table public.log, table public.sessions",
            """
            create table sessions (key text, "user" text, room integer, data jsonb); \(nodejschatLog)
            """),
        Foreign(
            "nodejschat's log with another type", "table public.log, table public.sessions",
            """
            \(nodejschatSessions)
            create table log (message_id integer, room integer, "time" timestamp, "user" text, message jsonb);
            """),
        Foreign(
            "nodejschat with a table where its log is set aside", "table public.nodejschat_log",
            "\(nodejschatSessions) \(nodejschatLog) create table nodejschat_log (x int);"),
        Foreign(
            "nodejschat with another new_message", "function public.new_message(integer, text)",
            """
            \(nodejschatSessions) \(nodejschatLog)
            create function new_message(integer, text) returns void language sql as 'select 1';
            """),
    ]

    private func migrator(_ url: String, schema: String = "public") -> Migrator {
        Migrator(url: url, schema: schema, logger: Logger(label: "test"))
    }

    @Test(arguments: refused) func isRefusedAndUnchanged(foreign: Foreign) async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        try await SQL(url).run(foreign.schema)
        let before = try await SQL(url).dump()
        for attempt in [migrator(url).pending, migrator(url).apply] {
            let failure = await #expect(throws: MigrationError.self) { _ = try await attempt(.zero) }
            let verb = foreign.names.contains(", table") ? "are" : "is"
            #expect(
                failure?.description.hasPrefix(
                    "the database has names that Roomcast needs: \(foreign.names) \(verb) not Roomcast's. Nothing was changed."
                ) == true, "\(failure?.description ?? "")")
            #expect(try await SQL(url).dump() == before)
        }
    }

    @Test(arguments: FrameworkDatabase.all)
    func aFrameworksDatabaseStaysAsItIs(framework: FrameworkDatabase) async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        try await SQL(url).run(framework.schema)
        let before = try await SQL(url).dump()
        if let conflict = framework.conflict {
            let failure = await #expect(throws: MigrationError.self) { _ = try await migrator(url).apply() }
            #expect(failure?.description.contains(": \(conflict) is not Roomcast's.") == true)
            #expect(failure?.description.contains("\n") == false)
            #expect(try await SQL(url).dump() == before)
        }
        _ = try await migrator(url, schema: "chat").apply()
        try await withDatabase(url: url, schema: "chat") { database, sql in
            try await sql.run("insert into chat.sessions values ('1', 'Ann', 0)")
            #expect(try await database.session(key: "1")?.userName == "Ann")
            #expect(try await database.append(.of([0: ["a"]])).bases == [0])
        }
        #expect(try await SQL(url).dump(withoutSchema: "chat") == before)
        _ = try await migrator(url, schema: "chat").apply()
        #expect(try await SQL(url).dump(withoutSchema: "chat") == before)
    }

    @Test(arguments: [
        "create table schema_migrations (version varchar primary key); insert into schema_migrations values ('1')",
        "create table schema_migrations (version bigint primary key, inserted_at timestamp)",
        """
        create table schema_migrations (number integer primary key, name text, checksum text, applied_at timestamptz);
        insert into schema_migrations values (1, 'make users', 'none', now());
        """,
        "create view schema_migrations as select 1 as number",
    ])
    func anothersTableOfMigrationsStays(schema: String) async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        try await SQL(url).run(schema)
        let before = try await SQL(url).run("select x::text from schema_migrations x")
        #expect(try await migrator(url).apply() == migrator(try await PostgresFixture.shared.emptyDatabase()).pending())
        #expect(try await migrator(url).pending() == [])
        #expect(try await SQL(url).run("select x::text from schema_migrations x") == before)
    }

    @Test func theAdviceOfTheErrorIsGood() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        try await SQL(url).run("create table sessions (id int)")
        let failure = await #expect(throws: MigrationError.self) { _ = try await migrator(url).apply() }
        #expect(failure?.description.hasSuffix(": set db_schema to \"chat\"") == true)
        _ = try await migrator(url, schema: "chat").apply()
        #expect(
            try await SQL(url).run("select schemaname from pg_tables where tablename in ('sessions', 'log') order by 1")
                == ["chat", "chat", "public"])
    }

    @Test func aNameThatALaterMigrationNeedsIsRefusedToo() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        try await withMigrations(["0001_a.sql": "create table a (x int)"]) { directory in
            _ = try await directory.migrator(url).apply()
            try await SQL(url).run("create table b (y int); create function f() returns int language sql as 'select 1'")
            try directory.write("0002_b.sql", "create table b (x int)")
            try directory.write("0003_c.sql", "create or replace function f() returns int language sql as 'select 2'")
            let before = try await SQL(url).dump()
            let failure = await #expect(throws: MigrationError.self) { _ = try await directory.migrator(url).apply() }
            #expect(failure?.description.contains(": table public.b, function public.f() are not") == true)
            #expect(try await SQL(url).dump() == before)
        }
    }
}
