import DB
import Rooms
import TestKit
import Testing

/// Messages and changes in the order of their numbers; what those see who asked for messages only.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct ReadChangesTests {
    private let room = RoomID(1)

    /// Messages 1 to 4; 1 is edited by 5, 2 deleted by 6, 3 has the reaction 7; 8 is a message.
    private func withRoom(_ body: (Database, SQL) async throws -> Void) async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["one", "two", "three", "four"], 2: ["other"]]))
            try await database.change(
                .of(1, .edit(text: "ONE")), .of(2, .delete), .of(3, .react(emoji: "x", isOn: true), by: "bob"))
            _ = try await database.append(.of([1: ["eight"]]))
            try await body(database, sql)
        }
    }

    @Test func openedRoomHasTheNewestRows() async throws {
        try await withRoom { database, _ in
            func rows(_ recent: Int) async throws -> [[Int64]] {
                let snapshot = try await database.openRoom(room, recent: recent)
                #expect(snapshot.span.lastSeq == 8)
                return [snapshot.recent.map(\.seq), snapshot.changes.map(\.seq)]
            }
            #expect(try await rows(99) == [[1, 2, 3, 4, 8], [5, 6, 7]])
            #expect(try await rows(5) == [[4, 8], [5, 6, 7]])
            #expect(try await rows(2) == [[8], [7]])
            #expect(try await rows(0) == [[], []])
            let all = try await database.openRoom(room, recent: 99)
            #expect(all.recent.map(\.text) == ["ONE", "", "three", "four", "eight"])
            #expect(
                all.recent.map(\.changes) == [
                    MessageChanges(changedSeq: 5, editedSeq: 5), MessageChanges(changedSeq: 6, isDeleted: true),
                    MessageChanges(changedSeq: 7, reactions: [Reaction(emoji: "x", count: 1, users: ["bob"])]), nil,
                    nil,
                ])
            #expect(try await database.openRoom(RoomID(2), recent: 9).changes.isEmpty)
        }
    }

    @Test func pagesHaveBothWithoutTargets() async throws {
        try await withRoom { database, _ in
            func page(_ after: Int64, _ through: Int64, limit: Int = 99, bytes: Int = 999) async throws -> LogRun {
                try await database.messages(in: room, after: after, through: through, limit: limit, bytes: bytes).run
            }
            let all = try await page(0, 99)
            #expect(all.messages.map(\.seq) == [1, 2, 3, 4, 8])
            #expect(all.changes.map(\.seq) == [5, 6, 7])
            #expect(all.changes.map(\.target) == [1, 2, 3])
            #expect(all.targets.isEmpty)
            #expect(all.through == 8)
            let part = try await page(3, 99, limit: 3)
            #expect(part.messages.map(\.seq) == [4])
            #expect(part.changes.map(\.seq) == [5, 6])
            #expect(part.through == 6)
            // "three", "four", "ONE".
            #expect(try await page(2, 99, bytes: 11).through == 4)
            #expect(try await page(2, 99, bytes: 12).through == 7)
            #expect(try await page(4, 6).changes.map(\.seq) == [5, 6])
            #expect(try await page(7, 7).through == 7)
        }
    }

    @Test func newsHaveTheTargetsOnce() async throws {
        try await withRoom { database, _ in
            try await database.change(.of(1, .react(emoji: "y", isOn: true)), .of(1, .edit(text: "EINS")))
            func news(_ last: Int64, limit: Int = 99, bytes: Int = 999) async throws -> [RoomNews] {
                let known = [(1, last), (2, 0)].map { RoomSpan(room: RoomID($0.0), firstSeq: 1, lastSeq: $0.1) }
                return try await database.news(after: known, limit: limit, bytes: bytes)
            }
            let all = try await news(4)
            #expect(all.map(\.run.through) == [10, 1])
            #expect(all[0].run.messages.map(\.seq) == [8])
            #expect(all[0].run.changes.map(\.seq) == [5, 6, 7, 9, 10])
            #expect(all[0].run.targets.map(\.seq) == [1, 2, 3])
            #expect(all[0].run.targets.map(\.text) == ["EINS", "", "three"])
            #expect(all[0].run.targets[0].changes?.changedSeq == 10)
            #expect(all[0].run.targets[0].changes?.reactions.map(\.emoji) == ["y"])
            #expect(all[1].run.changes.isEmpty && all[1].run.targets.isEmpty)
            let few = try await news(4, limit: 2)
            #expect(few[0].run.changes.map(\.seq) == [5, 6])
            #expect(few[0].run.targets.map(\.seq) == [1, 2])
            #expect(few.map(\.run.through) == [6, 1])
            // "" and "EINS", "" and "", "" and "three", "eight", …
            #expect(try await news(4, bytes: 8).map(\.run.through) == [6, 0])
            #expect(try await news(4, bytes: 9).map(\.run.through) == [7, 0])
            #expect(try await news(4, bytes: 8).first?.run.targets.map(\.seq) == [1, 2])
            #expect(try await news(4, bytes: 0).first?.run.changes.map(\.seq) == [5])
            // "EINS" and "EINS".
            #expect(try await news(9, bytes: 8).map(\.run.through) == [10, 0])
            #expect(try await news(9, bytes: 13).map(\.run.through) == [10, 1])
            #expect(try await news(8, limit: 1).first?.run.targets.map(\.seq) == [1])
        }
    }

    @Test func targetsThatAreGoneAreLeftOut() async throws {
        try await withRoom { database, sql in
            try await sql.run("delete from log where room = 1 and seq = 1")
            let known = [RoomSpan(room: room, firstSeq: 1, lastSeq: 4)]
            let run = try await database.news(after: known, limit: 9, bytes: 99).first?.run
            #expect(run?.changes.map(\.seq) == [5, 6, 7])
            #expect(run?.targets.map(\.seq) == [2, 3])
            #expect(try await database.change(.of(1, .delete)) == [.notFound])
        }
    }

    @Test func historyCountsWhatItsViewShows() async throws {
        try await withRoom { database, _ in
            func page(_ before: Int64, _ limit: Int, _ view: LogView) async throws -> [Int64] {
                let page = try await database.history(in: room, before: before, limit: limit, bytes: 99, view: view)
                return page.messages.map(\.seq) + (page.more ? [0] : [])
            }
            #expect(try await page(99, 4, .changes) == [2, 3, 4, 8, 0])
            #expect(try await page(99, 4, .messages) == [1, 3, 4, 8])
            #expect(try await page(99, 3, .messages) == [3, 4, 8, 0])
            #expect(try await page(3, 9, .messages) == [1])
            #expect(try await page(3, 1, .changes) == [2, 0])
            #expect(try await page(3, 1, .messages) == [1])
            let last = try await database.history(in: room, before: 2, limit: 9, bytes: 99, view: .messages)
            #expect(last.messages.map(\.text) == ["ONE"])
            #expect(last.messages.map(\.changes?.changedSeq) == [5])
        }
    }

    @Test func newestMessagesAreCountedInTheirView() async throws {
        try await withRoom { database, sql in
            func first(_ count: Int, _ view: LogView) async throws -> Int64? {
                let span = try await database.span(ofNewest: count, in: room, view: view)
                #expect(span.map { $0.lastSeq == 8 } ?? true)
                return span?.firstSeq
            }
            #expect(try await first(1, .messages) == 8)
            #expect(try await first(3, .messages) == 3)
            #expect(try await first(4, .messages) == 1)
            #expect(try await first(4, .changes) == 2)
            #expect(try await first(5, .changes) == 1)
            #expect(try await first(5, .messages) == nil)
            // 10,000 deleted messages more than wanted are looked at.
            try await sql.run(
                """
                insert into log (room, seq, "time", "user", message, deleted_seq, changed_seq)
                    select 3, n, now(), 'ann', '', case when n > 5 then 20001 end, case when n > 5 then 20001 end
                    from generate_series(1, 20000) n;
                insert into rooms (room, last_seq, last_change) values (3, 20001, 20001);
                """)
            let far = try await database.span(ofNewest: 2, in: RoomID(3), view: .messages)
            #expect(far == RoomSpan(room: RoomID(3), firstSeq: 20000 - 10002 + 1, lastSeq: 20001))
            try await sql.run("delete from log where room = 3 and seq between 1000 and 19000")
            #expect(try await database.span(ofNewest: 2, in: RoomID(3), view: .messages)?.firstSeq == 4)
            #expect(try await database.span(ofNewest: 6, in: RoomID(3), view: .messages) == nil)
        }
    }

    /// Processes that a rolling restart replaces read with the old functions.
    @Test func olderProcessesSeeHoles() async throws {
        try await withRoom { _, sql in
            let opened = try await sql.run("select last_seq, seq from read_room(1, 9)")
            #expect(opened == ["8|1", "8|2", "8|3", "8|4", "8|8"])
            #expect(
                try await sql.run("select through, seq, message from read_messages(1, 3, 8, 9, 99)") == [
                    "8|4|four", "8|8|eight",
                ])
            #expect(
                try await sql.run("select room, through, seq from room_news('{1}', '{1}', '{4}', 9, 99)") == ["1|8|8"])
            #expect(try await sql.run("select seq from read_history(1, 8, 2, 99)") == ["3", "4"])
            #expect(try await sql.run("select seq from oldest_of_newest(1, 2)") == ["4"])
        }
    }

    /// What rooms without changes cost must not depend on the changes of others.
    @Test func roomsWithoutChangesDoNotTouchTheirTables() async throws {
        let url = try await PostgresFixture.shared.database()
        let sql = SQL(url)
        try await withDatabase(url: url) { database, _ in
            _ = try await database.append(.of([1: (1...30).map(String.init), 2: ["a", "b"]]))
            try await database.change(.of(1, .edit(text: "x")), in: 2)
        }
        let before = try await scans(sql)
        try await withDatabase(url: url) { database, _ in
            for _ in 0..<8 {
                _ = try await database.openRoom(room, recent: 9)
                _ = try await database.page(of: 1)
                _ = try await database.history(in: room, before: 99, limit: 9, bytes: 99, view: .messages)
                _ = try await database.history(in: room, before: 99, limit: 9, bytes: 99, view: .changes)
                _ = try await database.span(ofNewest: 9, in: room, view: .messages)
                // Beyond its only change.
                let known = [(1, 5), (2, 3)].map { RoomSpan(room: RoomID($0.0), firstSeq: 1, lastSeq: $0.1) }
                #expect(try await !database.news(after: known, limit: 9, bytes: 99).isEmpty)
                _ = try await database.append(.of([1: ["more"], 2: ["more"]]))
            }
        }
        #expect(try await scans(sql) == before)
    }

    /// How often the tables were looked at. A connection reports its counts before it ends.
    private func scans(_ sql: SQL) async throws -> [String] {
        let others =
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        while try await sql.run(others) != ["0"] { try await Task.sleep(for: .milliseconds(20)) }
        return try await sql.run(
            """
            select relname || ' ' || seq_scan + coalesce(idx_scan, 0) from pg_stat_user_tables
            where relname in ('changes', 'reactions', 'reaction_totals') order by 1
            """)
    }
}
