import DB
import Rooms
import TestKit
import Testing

/// Until `analyze`, the planner knows nothing about rows that were inserted since, and a cached plan stays as it was made for
/// an empty table.
@Suite(.timeLimit(.minutes(2)))
struct QueryPlanTests {
    @Test func rowsAreFoundByIndexesWithoutStatistics() async throws {
        let url = try await PostgresFixture.shared.database()
        let sql = SQL(url)
        try await sql.run(
            """
            alter table sessions set (autovacuum_enabled = off);
            alter table log set (autovacuum_enabled = off);
            alter table rooms set (autovacuum_enabled = off)
            """)
        let before = try await scans(sql)
        try await withDatabase(url: url) { database, _ in
            // More than the five executions after which PostgreSQL may keep a plan.
            for turn in 0..<8 { try await visit(database, room: 3, turn: turn) }
            try await sql.run(
                """
                insert into sessions select 'key ' || n, 'user ' || n, n from generate_series(1, 20000) n;
                insert into rooms (room, last_seq) select n, 10 from generate_series(100, 2100) n;
                insert into log (room, seq, "time", "user", message)
                select r, s, now(), 'user', 'text' from generate_series(100, 2100) r, generate_series(1, 10) s
                """)
            for turn in 8..<16 { try await visit(database, room: 101, turn: turn) }
        }
        try await withDatabase(url: url) { database, _ in
            for turn in 16..<24 { try await visit(database, room: 102, turn: turn) }
        }
        let after = try await scans(sql)
        #expect(after == before)
    }

    private func visit(_ database: Database, room: Int32, turn: Int) async throws {
        _ = try await database.session(key: "key \(turn)")
        _ = try await database.refresh(fingerprints: ["\(turn)", "unknown"])
        let id = "id \(turn)"
        _ = try await database.append(.of([1: ["text"], room: [id]], ids: [id: id]))
        _ = try await database.page(of: room, through: 5)
        _ = try await database.history(in: RoomID(room), before: 9, limit: 5, bytes: 1000, view: .changes)
        _ = try await database.span(ofNewest: 5, in: RoomID(room), view: .changes)
    }

    /// How often each table was read as a whole. A connection reports its counts before it ends.
    private func scans(_ sql: SQL) async throws -> [String] {
        let others =
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        while try await sql.run(others) != ["0"] { try await Task.sleep(for: .milliseconds(20)) }
        return try await sql.run(
            """
            select relname || ' ' || seq_scan from pg_stat_user_tables
            where relname in ('sessions', 'log', 'rooms') order by 1
            """)
    }
}
