import Logging
import Rooms
import TestKit
import Testing

@testable import DB

/// Roomcast in a schema of its own.
@Suite(.timeLimit(.minutes(2)))
struct SchemaTests {
    private func migrator(_ url: String, _ schema: String) -> Migrator {
        Migrator(
            url: url, schema: schema, logger: Logger(label: "test"))
    }

    @Test(arguments: ["chat", "order", "_", String(repeating: "x", count: 63)])
    func isCreatedAndServes(schema: String) async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        let all = try await migrator(url, schema).pending()
        #expect(try await SQL(url).run("select nspname from pg_namespace where nspname = '\(schema)'") == [])
        #expect(try await migrator(url, schema).apply() == all)
        #expect(try await migrator(url, schema).apply() == [])
        #expect(
            try await SQL(url).run(
                "select count(*) from pg_class c where relnamespace = 'public'::regnamespace union all "
                    + "select count(*) from pg_proc where pronamespace = 'public'::regnamespace") == ["0", "0"])
        try await withDatabase(url: url, schema: schema) { database, sql in
            var events = database.events.makeAsyncIterator()
            #expect(await events.next() == .resync)
            // The application's own search path does not matter.
            try await sql.run(
                """
                set search_path = '';
                insert into "\(schema)".sessions values ('1', 'Ann', 0);
                select "\(schema)".new_message(0, null, 'SQL', 'said');
                """)
            #expect(await events.next() == .inbox)
            #expect(try await database.drained().map(\.text) == ["said"])
            try await sql.run(
                """
                set search_path = '';
                select "\(schema)".edit_message(0, 1, 'edited'), "\(schema)".delete_message(0, 9);
                select "\(schema)".prune(0, 1);
                """)
            #expect(await events.next() == .inbox)
            #expect(try await database.drainInbox(limit: 9, bytes: 99).runs.map(\.through) == [2])
            #expect(try await database.change(.of(1, .react(emoji: "x", isOn: true)), in: 0) == [.stored(seq: 3)])
            let fingerprint = try #require(try await database.session(key: "1")?.fingerprint)
            try await sql.run("set search_path = pg_catalog; update \"\(schema)\".sessions set user_name = 'Anna'")
            #expect(await events.next() == .sessionChanged(fingerprint: fingerprint))
            try await sql.run("set search_path = pg_catalog; select \"\(schema)\".new_epoch()")
            #expect(await events.next() == .resync)
            #expect(try await database.append(.of([0: ["a"]], ids: ["a": "1"])).bases == [3])
            #expect(try await database.page(of: 0).map(\.text) == ["edited", "a"])
            #expect(try await database.page(of: 0).first?.changes?.reactions.map(\.emoji) == ["x"])
        }
    }

    @Test func twoInstallationsInOneDatabaseAreSeparate() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        for schema in ["a", "b"] { _ = try await migrator(url, schema).apply() }
        try await withDatabase(url: url, schema: "a") { a, sql in
            try await withDatabase(url: url, schema: "b") { b, _ in
                var (eventsOfA, eventsOfB) = (a.events.makeAsyncIterator(), b.events.makeAsyncIterator())
                #expect(await eventsOfA.next() == .resync)
                #expect(await eventsOfB.next() == .resync)
                try await sql.run(
                    """
                    insert into a.sessions values ('1', 'Ann', 0); insert into b.sessions values ('2', 'Bob', 0);
                    select a.new_message(0, null, 'SQL', 'in a'); delete from a.sessions; select a.new_epoch();
                    """)
                try await a.ring([RoomPosition(room: RoomID(0), seq: 1)])
                try await sql.run("select b.new_message(0, null, 'SQL', 'in b')")
                #expect(await eventsOfA.next() == .inbox)
                // The first one of its own.
                #expect(await eventsOfB.next() == .inbox)
                #expect(try await a.session(key: "2") == nil)
                #expect(try await b.session(key: "2")?.userName == "Bob")
                #expect(try await b.drained().map(\.text) == ["in b"])
                #expect(try await a.drained().map(\.text) == ["in a"])
                #expect(try await a.epoch() != b.epoch())
            }
        }
    }

    /// Calls of the functions that do not set a search path and whose bodies are not parsed when they are created.
    private static let callsWithoutSearchPath = [
        "lock_rooms('{1,2}')", "take_numbers('{1,2}', '{1,1}')", "give_numbers('{1}', '{1}')",
        "give_numbers('{3}', '{1}')", "give_numbers('{1,2}', '{1,1}')",
        "hash_ids('{1}', '{1,1}', '{ann,ann}', '{null,ann}', '{null,u}', '{a,b}')",
        "has_repeats('{1}', '{1}', '{7}', '{a}')", "find_repeats('{1}', '{1}', '{7}'::bigint[], '{a}')",
        "find_repeats('{1}', '{1}', '{ann}'::text[], '{a}')", "log_stores_what_is_sent()",
        "store_taken('{1}', '{1}', '{1}', '{null}', '{ann}', '{hi}')",
        "find_differences('{1}', '{0}', now(), '{1}', '{1}', '{ann}', '{hi}', '{null}')",
        "seq_of_id(1, 7, 'a')", "log_rows()", "with_reactions(null, 1, 1)",
    ]

    @Test(arguments: ["public", "chat", "order"]) func functionsFindTheirObjectsFromAnySearchPath(
        schema: String
    ) async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        _ = try await migrator(url, schema).apply()
        let functions = try await SQL(url).run(
            """
            select proname, exists (
                select from unnest(proconfig) c where c = format('search_path=%I, pg_temp', '\(schema)'))
            from pg_proc where pronamespace = '"\(schema)"'::regnamespace and prosqlbody is null order by proname
            """)
        let calls = Self.callsWithoutSearchPath
        #expect(
            Set(functions.filter { $0.hasSuffix("|f") }.map { $0.dropLast(2) })
                == Set(calls.map { $0.prefix { $0 != "(" } }))
        #expect(functions.count > 20)
        let script = calls.map { "select \"\(schema)\".\($0);" }.joined()
        try await SQL(url).run("set search_path = ''; \(script)")
    }

    @Test func anInstallationByTheSearchPathIsFound() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        _ = try await migrator(url, "chat").apply()
        let before = try await SQL(url).dump()
        let viaPath = "\(url) options=-csearch_path=chat"
        for attempt in [migrator(viaPath, "public").pending, migrator(viaPath, "public").apply] {
            await #expect(throws: MigrationError.elsewhere(schema: "chat")) { _ = try await attempt(.zero) }
        }
        #expect(try await SQL(url).dump() == before)
        #expect(try await migrator(viaPath, "chat").pending() == [])
        #expect(try await migrator(viaPath, "other").pending().count > 10)
    }

    @Test func aRoleThatMayNotUseTheSchemaIsToldSo() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        let name = url.split(separator: "=").last.map(String.init) ?? ""
        try await SQL(url).run("create role weak_\(name) login; create schema chat")
        let weak = url.replacing("user=postgres", with: "user=weak_\(name)")
        for schema in ["chat", "another"] {
            let failure = await #expect(throws: MigrationError.self) { _ = try await migrator(weak, schema).apply() }
            let reason = schema == "chat" ? "its role may not use the schema chat" : "permission denied for database"
            #expect(failure?.description.contains(reason) == true, "\(failure?.description ?? "")")
        }
    }
}
