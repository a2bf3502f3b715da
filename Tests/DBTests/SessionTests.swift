import Logging
import MetricsTestKit
import Rooms
import TestKit
import Testing

@testable import DB

@Suite(.timeLimit(.minutes(2)))
struct SessionTests {
    @Test func findsGoodSessionsOnly() async throws {
        try await withDatabase { database, sql in
            try await sql.run(
                """
                insert into sessions values('1','Michael Redman',0);
                insert into sessions values('mod', 'Ann', -5, 'moderator', now() + interval '1 hour');
                insert into sessions values('old', 'Bob', 0, 'member', now() - interval '1 second');
                """)
            let session = try await database.session(key: "1")
            #expect(session?.userName == "Michael Redman")
            #expect(session?.role == .member)
            #expect(
                session?.fingerprint == "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b")
            #expect(try await database.session(key: "mod")?.role == .moderator)
            #expect(try await database.session(key: "mod")?.room == RoomID(-5))
            for key in ["old", "unknown", "", "nul\0", String(repeating: "x", count: 1025), "' or true --"] {
                #expect(try await database.session(key: key) == nil)
            }
            let fingerprints = try await sql.run(
                "select session_fingerprint(k) from unnest('{1,old,gone}'::text[]) k")
            let again = try await database.refresh(fingerprints: fingerprints)
            #expect(again.count == 2)
            #expect(try await again[fingerprints[0]] == database.session(key: "1"))
            #expect(again[fingerprints[0]]?.isExpired == false)
            #expect(again[fingerprints[1]]?.isExpired == true)
        }
    }

    @Test func simultaneousLookupsShareQueries() async throws {
        let url = try await PostgresFixture.shared.database()
        try await SQL(url).run("insert into sessions select n::text, 'user ' || n, n from generate_series(1, 500) n")
        let metrics = TestMetrics()
        let database = try Database(
            url: url, size: 4, logger: Logger(label: "test"), metrics: DBMetrics(factory: metrics))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await database.run() }
            let found = try await withThrowingTaskGroup(of: Int32?.self) { lookups in
                for n in 1...1000 { lookups.addTask { try await database.session(key: String(n))?.room.rawValue } }
                return try await lookups.reduce(into: Set<Int32>()) { if let room = $1 { $0.insert(room) } }
            }
            #expect(found == Set(1...500))
            let queries = try metrics.expectCounter("roomcast_db_session_queries_total").totalValue
            #expect(queries >= 1 && queries < 200)
            group.cancelAll()
        }
    }

    @Test(.timeLimit(.minutes(1))) func refusesLookupsWhenTheDatabaseIsClosed() async throws {
        let url = try await PostgresFixture.shared.database()
        let database = try Database(url: url, size: 2, logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await database.run() }
            try await database.waitUntilAvailable(within: .seconds(20))
            #expect(try await database.session(key: "unknown") == nil)
            group.cancelAll()
        }
        await #expect(throws: StoreError.unavailable("the server is stopping")) {
            try await database.session(key: "unknown")
        }
    }

    @Test func identityIsTheFirstName() async throws {
        try await withDatabase { database, sql in
            func identity(_ key: String = "1") async throws -> [String?] {
                let session = try await database.session(key: key)
                return [session?.userName, session?.identity.text]
            }
            try await sql.run("insert into sessions values('1','Ann',0)")
            let fingerprint = try #require(try await database.session(key: "1")?.fingerprint)
            #expect(try await identity() == ["Ann", "Ann"])
            try await sql.run("update sessions set role = 'reader', user_name = 'Ann'")
            #expect(try await sql.run("select id_name is null from sessions") == ["t"])
            try await sql.run("update sessions set user_name = 'Anna'")
            #expect(try await identity() == ["Anna", "Ann"])
            #expect(try await database.refresh(fingerprints: [fingerprint])[fingerprint]?.identity == .name("Ann"))
            try await sql.run(
                """
                insert into sessions values('1', 'Hannah', 3)
                    on conflict (session_key) do update set user_name = excluded.user_name, chat_room = excluded.chat_room
                """)
            #expect(try await identity() == ["Hannah", "Ann"])
            try await sql.run("update sessions set user_name = 'Ann'")
            #expect(try await identity() == ["Ann", "Ann"])
            // A new row is a new session.
            try await sql.run("delete from sessions; insert into sessions values('1','Anna',0)")
            #expect(try await identity() == ["Anna", "Anna"])
            // A trigger of the application names it too, and a caller's search path is its own.
            try await sql.run(
                """
                create function shout() returns trigger language plpgsql
                    as $$ begin new.user_name := upper(new.user_name); return new; end $$;
                create trigger a_shout before update on sessions for each row execute function shout();
                set search_path to pg_catalog; update public.sessions set chat_room = 5;
                """)
            #expect(try await identity() == ["ANNA", "Anna"])
        }
    }

    @Test func administersSessions() async throws {
        try await withDatabase { database, sql in
            try await database.createSession(
                key: "hers", userName: "Ann", room: RoomID(2), role: .reader,
                expiresAt: Timestamp(microseconds: 4_000_000_000_000_000))
            #expect(try await database.session(key: "hers")?.role == .reader)
            try await database.createSession(key: "mine", userName: "Bob", room: RoomID(2))
            await #expect(throws: StoreError.rejected(code: "23505", detail: "sessions.sessions_pkey")) {
                try await database.createSession(key: "mine", userName: "Bob", room: RoomID(2))
            }
            let listed = try await database.listSessions()
            #expect(Set(listed.map(\.session.userName)) == ["Ann", "Bob"])
            #expect(listed.compactMap(\.expiresAt?.iso8601) == ["2096-10-02T07:06:40.000Z"])
            let fingerprint = try #require(listed.first { $0.session.userName == "Ann" }?.session.fingerprint)
            #expect(try await database.revokeSession(fingerprint) == .revoked)
            #expect(try await database.revokeSession("mine") == .revoked)
            #expect(try await database.revokeSession("mine") == .unknown)
            #expect(try await sql.run("select count(*) from sessions") == ["0"])
        }
    }

    @Test func revokesByABeginningThatOneFingerprintHas() async throws {
        // SHA-256 of these begins with b50e1bf6a and b50e1bf6d; the third is the beginning of both.
        let (first, second, third) = ("twin125676", "twin82084", "b50e1bf6")
        try await withDatabase { database, sql in
            for key in [first, second, third] {
                try await database.createSession(key: key, userName: key, room: RoomID(1))
            }
            for word in ["b50e1bf", "b50e1bf6!", "", "%", "b50e1bf6%", String(repeating: "b", count: 65), "\0"] {
                #expect(try await database.revokeSession(word) == .unknown, "\(word)")
            }
            #expect(try await database.revokeSession("B50E1BF6") == .ambiguous(2))
            #expect(try await sql.run("select count(*) from sessions") == ["3"])
            // A key comes first.
            #expect(try await database.revokeSession(third) == .revoked)
            #expect(try await database.revokeSession(third) == .ambiguous(2))
            #expect(try await database.revokeSession("B50E1BF6D") == .revoked)
            #expect(try await sql.run("select session_key from sessions") == [first])
            #expect(try await database.revokeSession(third) == .revoked)
        }
    }
}
