import DB
import Foundation
import Logging
import Rooms
import TestKit
import Testing

/// Finding repeats costs the same whatever members have sent before.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct ClientIDTests {
    /// A database as version 0.1 left it, brought up to date after `script`.
    private func upgraded(after script: String) async throws -> (url: String, sql: SQL) {
        let url = try await PostgresFixture.shared.emptyDatabase()
        let first = Array(MigrationFile.embedded.prefix(10))
        _ = try await Migrator(url: url, files: first, logger: Logger(label: "test")).apply()
        let sql = SQL(url)
        try await sql.run(script)
        _ = try await Migrator(url: url, logger: Logger(label: "test")).apply()
        return (url, sql)
    }

    /// Rows of `log` that a call of `store_batch` reads, of messages with the given ids in room 1.
    private func rowsRead(_ sql: SQL, user: String = "ann", ids: String, count: Int = 1) async throws -> Int {
        let rows = try await sql.run(
            """
            begin;
            select register_writer('00000000-0000-4000-8000-000000000000');
            select duplicate_seqs[1] from store_batch('00000000-0000-4000-8000-000000000000', 1, array[1],
                array[\(count)], array_fill(1, array[\(count)]), array(select generate_series(1, \(count))),
                array_fill('\(user)'::text, array[\(count)]), null, array_fill('text'::text, array[\(count)]),
                array(select \(ids) from generate_series(1, \(count)) n));
            select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relname = 'log';
            rollback;
            """)
        return try #require(rows.last.flatMap { Int($0) })
    }

    @Test func idsOfOneOldHashCostNothing() async throws {
        let (_, sql) = try await upgraded(
            after: """
                insert into log (room, seq, "time", "user", message, client_id, client_hash)
                    select 1, n, now(), 'mallory', 'x', n::text, client_message_hash(1, 'ann', 'id')
                    from generate_series(1, 100000) n;
                insert into rooms values (1, 100000);
                """)
        try await sql.run("analyze log")
        #expect(try await rowsRead(sql, ids: "'id'") == 0)
        #expect(try await rowsRead(sql, user: "mallory", ids: "'77'") <= 2)
        #expect(
            try await sql.run(
                #"select count(*) from log where client_hash = client_id_hash(room, "user", client_id)"#)
                == ["100000"])
    }

    @Test func oneIdOfManyRoomsAndSendersCostsNothing() async throws {
        let sql = SQL(try await PostgresFixture.shared.database())
        try await sql.run(
            """
            insert into log (room, seq, "time", "user", message, client_id, client_hash)
                select n % 500, n / 500 + 1, now(), n::text, 'x', 'id', client_id_hash(n % 500, n::text, 'id')
                from generate_series(0, 99999) n;
            insert into rooms select n, 200 from generate_series(0, 499) n;
            analyze log;
            """)
        #expect(try await rowsRead(sql, ids: "'id'") == 0)
        #expect(try await rowsRead(sql, user: "1", ids: "'id'") <= 2)
        // A whole batch of one id, new or stored before, and one of many ids stored before.
        #expect(try await rowsRead(sql, ids: "'new'", count: 2000) == 0)
        #expect(try await rowsRead(sql, user: "1", ids: "'id'", count: 2000) <= 4002)
        try await sql.run(
            """
            insert into log (room, seq, "time", "user", message, client_id, client_hash)
                select 1, n, now(), 'ann', 'x', n::text, client_id_hash(1, 'ann', n::text)
                from generate_series(1001, 3000) n;
            update rooms set last_seq = 3000 where room = 1;
            """)
        #expect(try await rowsRead(sql, ids: "(n + 1000)::text", count: 2000) <= 4002)
    }

    @Test func hashTellsRoomIdentityAndIDApart() async throws {
        let sql = SQL(try await PostgresFixture.shared.database())
        let hashes = try await sql.run(
            """
            select client_id_hash(r, i, c) from (values (1, 'ab', 'c'), (1, 'a', 'bc'), (1, '1:a', 'bc'), (11, 'a', 'bc'),
                (1, '', 'abc'), (1, 'ab:1', 'c'), (1, 'é', 'c')) as v(r, i, c)
            """)
        #expect(Set(hashes).count == 7)
        #expect(try await sql.run("select client_id_hash(1, 'a', 'b')") == ["4699725506221109422"])
    }

    @Test func repeatsAreFoundAfterARename() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["a"]], user: "ann", identity: .name("42"), ids: ["a": "k"]))
            let again = try await database.append(.of([1: ["a"]], user: "Anna", identity: .name("42"), ids: ["a": "k"]))
            #expect(again.duplicates == [.init(ordinal: 0, originalSeq: 1)])
            let another = try await database.append(
                .of([1: ["a"]], user: "ann", identity: .name("43"), ids: ["a": "k"]))
            #expect(another.duplicates.isEmpty)
            // Without an identity the name is it; a trigger may have changed it in the row.
            _ = try await database.append(.of([2: ["a"]], ids: ["a": "k"]))
            try await sql.run(#"update log set "user" = 'somebody' where room = 2"#)
            #expect(try await database.append(.of([2: ["a"]], ids: ["a": "k"])).duplicates.count == 1)
        }
    }

    @Test func existingIDsAreFoundAfterTheUpgradeAndTriggersStay() async throws {
        let (url, sql) = try await upgraded(
            after: """
                select store_batch(gen_random_uuid(), array[1], array[1], array[1], array[1], array['ann'], array['a'],
                    array['k']);
                \(logTrigger("before update", "raise exception 'append only';"))
                alter table log enable always trigger application;
                """)
        #expect(try await sql.run("select tgenabled from pg_trigger where tgname = 'application'") == ["A"])
        try await withDatabase(url: url) { database, _ in
            let again = try await database.append(.of([1: ["a"]], ids: ["a": "k"]))
            #expect(again.duplicates.count == 1)
        }
    }
}
