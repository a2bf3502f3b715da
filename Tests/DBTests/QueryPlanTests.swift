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
            alter table rooms set (autovacuum_enabled = off);
            alter table changes set (autovacuum_enabled = off);
            alter table reactions set (autovacuum_enabled = off);
            alter table reaction_totals set (autovacuum_enabled = off);
            alter table restrictions set (autovacuum_enabled = off);
            alter table inbox set (autovacuum_enabled = off)
            """)
        let before = try await scans(sql)
        try await withDatabase(url: url) { database, _ in
            // More than the five executions after which PostgreSQL may keep a plan.
            for turn in 0..<8 { try await visit(database, sql, room: 3, turn: turn) }
            try await sql.run(
                """
                insert into sessions select 'key ' || n, 'user ' || n, n from generate_series(1, 20000) n;
                insert into rooms (room, last_seq, last_change) select n, 20, 20 from generate_series(100, 2100) n;
                insert into log (room, seq, "time", "user", message, changed_seq)
                select r, s, now(), 'user', 'text', s + 10 from generate_series(100, 2100) r, generate_series(1, 10) s;
                insert into changes
                    (room, seq, "time", kind, target, emoji, is_on, people, names, client_id, client_hash)
                select r, s + 10, now(), 'reacted', s, 'x', true, 1, array['user'], 'c' || s,
                    client_id_hash(r, 'user', 'c' || s)
                from generate_series(100, 2100) r, generate_series(1, 10) s;
                insert into reactions
                select r, s, 'x', ':user', s + 10, 'user' from generate_series(100, 2100) r, generate_series(1, 10) s;
                insert into reaction_totals
                select r, s, 'x', s + 10, 1, array['user'] from generate_series(100, 2100) r, generate_series(1, 10) s;
                """)
            for turn in 8..<16 { try await visit(database, sql, room: 101, turn: turn) }
        }
        try await withDatabase(url: url) { database, _ in
            for turn in 16..<24 { try await visit(database, sql, room: 102, turn: turn) }
        }
        let after = try await scans(sql)
        #expect(after == before)
    }

    private func visit(_ database: Database, _ sql: SQL, room: Int32, turn: Int) async throws {
        _ = try await database.session(key: "key \(turn)")
        _ = try await database.refresh(fingerprints: ["\(turn)", "unknown"])
        let id = "id \(turn)"
        _ = try await database.append(.of([1: ["text"], room: [id]], ids: [id: id]))
        _ = try await database.page(of: room, through: 5)
        _ = try await database.history(in: RoomID(room), before: 9, limit: 5, bytes: 1000, view: .changes)
        _ = try await database.span(ofNewest: 5, in: RoomID(room), view: .changes)
        _ = try await database.span(ofNewest: 5, in: RoomID(room), view: .messages)
        _ = try await database.openRoom(RoomID(room), recent: 5)
        let known = [
            RoomSpan(room: RoomID(1), firstSeq: 1, lastSeq: 0), RoomSpan(room: RoomID(room), firstSeq: 1, lastSeq: 0),
        ]
        _ = try await database.news(after: known, limit: 9, bytes: 1000)
        try await database.change(
            .of(1, .edit(text: "text"), by: "ann", id: "edit \(turn)"), .of(1, .react(emoji: "x", isOn: turn % 2 == 0)),
            in: room)
        try await sql.run("select new_message(1, null, 'SQL', 'text'), edit_message(\(room), 2, 'text')")
        for _ in 0..<2 { _ = try await database.drainInbox(limit: 9, bytes: 1000) }
    }

    /// How often each table was read as a whole. A connection reports its counts before it ends.
    private func scans(_ sql: SQL) async throws -> [String] {
        let others =
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        while try await sql.run(others) != ["0"] { try await Task.sleep(for: .milliseconds(20)) }
        return try await sql.run(
            """
            select relname || ' ' || seq_scan from pg_stat_user_tables
            where relname in ('sessions', 'log', 'rooms', 'changes', 'reactions', 'reaction_totals', 'inbox') order by 1
            """)
    }
}
