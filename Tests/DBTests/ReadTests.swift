import DB
import Rooms
import TestKit
import Testing

@Suite(.serialized, .timeLimit(.minutes(2)))
struct ReadTests {
    private let room = RoomID(3)

    @Test func pagesGoUpAndDown() async throws {
        try await withDatabase { database, _ in
            _ = try await database.append(.of([3: (1...10).map(String.init), 4: ["elsewhere"]]))
            func up(_ after: Int64, _ through: Int64, _ limit: Int) async throws -> [Int64] {
                let news = try await database.messages(
                    in: room, after: after, through: through, limit: limit, bytes: 1 << 20)
                #expect(news.run.after == after)
                #expect(news.span == RoomSpan(room: room, firstSeq: 1, lastSeq: 10))
                return news.run.messages.map(\.seq) + [-news.run.through]
            }
            #expect(try await up(0, 10, 4) == [1, 2, 3, 4, -4])
            #expect(try await up(4, 6, 4) == [5, 6, -6])
            #expect(try await up(8, 10, 2) == [9, 10, -10])
            #expect(try await up(10, 99, 4) == [-10])
            #expect(try await up(99, 120, 4) == [-99])
            #expect(try await up(0, .max, 0) == [1, -1])
            #expect(try await up(0, .max, 99).count == 11)
            func down(_ before: Int64, _ limit: Int, bytes: Int = 99) async throws -> [Int64] {
                let page = try await database.history(
                    in: room, before: before, limit: limit, bytes: bytes, view: .changes)
                return page.messages.map(\.seq) + (page.more ? [0] : [])
            }
            #expect(try await down(11, 4) == [7, 8, 9, 10, 0])
            #expect(try await down(3, 4) == [1, 2])
            #expect(try await down(3, 2) == [1, 2])
            #expect(try await down(1, 4) == [])
            #expect(try await down(.max, 100).count == 10)
            #expect(try await down(.max, 100, bytes: 0) == [10, 0])
            #expect(try await down(.max, 100, bytes: 3) == [9, 10, 0])
            #expect(
                try await database.history(in: RoomID(77), before: 9, limit: 9, bytes: 9, view: .changes).messages
                    .isEmpty)
            #expect(try await database.span(ofNewest: 3, in: room, view: .changes)?.firstSeq == 8)
            #expect(try await database.span(ofNewest: 10, in: room, view: .changes)?.firstSeq == 1)
            #expect(try await database.span(ofNewest: 11, in: room, view: .changes)?.firstSeq == nil)
            #expect(try await database.span(ofNewest: 0, in: room, view: .changes)?.firstSeq == nil)
        }
    }

    @Test func pagesAreBoundedInBytesToo() async throws {
        try await withDatabase { database, _ in
            let texts = (1...6).map { String(repeating: "é", count: $0) }
            _ = try await database.append(.of([3: texts]))
            func page(_ bytes: Int) async throws -> [Int64] {
                try await database.page(of: 3, bytes: bytes).map(\.seq)
            }
            #expect(try await page(0) == [1])
            #expect(try await page(5) == [1])
            #expect(try await page(6) == [1, 2])
            #expect(try await page(41) == [1, 2, 3, 4, 5])
            #expect(try await page(42) == [1, 2, 3, 4, 5, 6])
            let cut = try await database.messages(in: room, after: 1, through: 6, limit: 9, bytes: 11).run
            #expect(cut.messages.map(\.seq) == [2, 3])
            #expect(cut.through == 3)
        }
    }

    private func news(
        _ database: Database, _ known: [(Int32, Int64)], limit: Int = 9, bytes: Int = 999
    ) async throws -> [RoomNews] {
        try await database.news(
            after: known.map { RoomSpan(room: RoomID($0.0), firstSeq: 1, lastSeq: $0.1) }, limit: limit, bytes: bytes)
    }

    @Test func tellsTheNewsOfManyRoomsAtOnce() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(
                .of([1: ["a", "b", "c"], 2: ["d"], 3: ["e", "f"], -4: ["g"]], ids: ["b": "k"]))
            let all = try await news(database, [(-4, 0), (1, 1), (2, 1), (3, 0), (8, 0)])
            #expect(all.map(\.span.room.rawValue) == [-4, 1, 3])
            #expect(all.map(\.span.lastSeq) == [1, 3, 2])
            #expect(all.map(\.span.firstSeq) == [1, 1, 1])
            #expect(all.map { $0.run.messages.map(\.text) } == [["g"], ["b", "c"], ["e", "f"]])
            #expect(all.map(\.run.after) == [0, 1, 0])
            #expect(all.map(\.run.through) == [1, 3, 2])
            #expect(all[1].run.messages[0].clientID == "k")
            let few = try await news(database, [(1, 0), (3, 0)], limit: 2)
            #expect(few.map { $0.run.messages.map(\.seq) } == [[1, 2], [1, 2]])
            #expect(few.map(\.run.through) == [2, 2])
            let short = try await news(database, [(1, 0), (3, 0)], bytes: 2)
            #expect(short.map { $0.run.messages.map(\.seq) } == [[1, 2], []])
            #expect(short.map(\.run.through) == [2, 0])
            #expect(short.map(\.span.lastSeq) == [3, 2])
            let least = try await news(database, [(1, 0), (3, 0)], bytes: 0)
            #expect(least.map(\.run.through) == [1, 0])
            // A log that lost messages.
            let lost = try #require(try await news(database, [(1, 7)]).first)
            #expect(lost.span.lastSeq == 3)
            #expect(lost.run == LogRun(room: RoomID(1), after: 7, through: 7, messages: []))
            // A room whose row was deleted is an empty one.
            try await sql.run("delete from rooms where room = 1")
            #expect(try await news(database, [(1, 3), (9, 0)]).map(\.span.lastSeq) == [0])
            let page = try await database.messages(in: RoomID(1), after: 0, through: 3, limit: 9, bytes: 9)
            #expect(page.span.lastSeq == 0)
            #expect(try await news(database, []).isEmpty)
        }
    }

    /// A number without a row is read once and passed.
    @Test func holesAreNoNews() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: (1...6).map(String.init), 2: ["a"]]))
            try await sql.run("delete from log where room = 1 and seq in (1, 3, 5, 6)")
            let holes = try #require(try await news(database, [(1, 0)]).first)
            #expect(holes.run.messages.map(\.seq) == [2, 4])
            #expect(holes.run.through == 6)
            #expect(try await news(database, [(1, holes.run.through)]).isEmpty)
            let end = try #require(try await news(database, [(1, 4)], limit: 1, bytes: 0).first)
            #expect(end.run == LogRun(room: RoomID(1), after: 4, through: 6, messages: []))
            let page = try await database.messages(in: RoomID(1), after: 4, through: 6, limit: 9, bytes: 9)
            #expect(page.run == LogRun(room: RoomID(1), after: 4, through: 6, messages: []))
            let history = try await database.history(in: RoomID(1), before: 4, limit: 9, bytes: 99, view: .changes)
            #expect(history.messages.map(\.seq) == [2])
            #expect(!history.more)
            #expect(try await database.openRoom(RoomID(1), recent: 9).recent.map(\.seq) == [2, 4])
            #expect(try await database.span(ofNewest: 2, in: RoomID(1), view: .changes)?.firstSeq == 2)
        }
    }

    @Test func onlyNumbersOfTheSpanAreRead() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: (1...6).map(String.init), 2: ["a", "b"]]))
            try await sql.run(
                """
                update rooms set first_seq = 3, last_seq = 5 where room = 1;
                update rooms set first_seq = 900 where room = 2;
                """)
            let one = RoomSpan(room: RoomID(1), firstSeq: 3, lastSeq: 5)
            let two = RoomSpan(room: RoomID(2), firstSeq: 3, lastSeq: 2)
            let news = try await news(database, [(1, 0), (2, 2)])
            #expect(news.map(\.span) == [one, two])
            #expect(news.map { $0.run.messages.map(\.seq) } == [[3, 4, 5], []])
            #expect(news.map(\.run.through) == [5, 2])
            // What is known is no news any more.
            #expect(try await database.news(after: [one, two], limit: 9, bytes: 99).isEmpty)
            let page = try await database.messages(in: RoomID(1), after: 0, through: 99, limit: 9, bytes: 99)
            #expect(page.run.messages.map(\.seq) == [3, 4, 5])
            #expect(page.run.through == 5)
            let history = try await database.history(in: RoomID(1), before: 99, limit: 3, bytes: 99, view: .changes)
            #expect(history.messages.map(\.seq) == [3, 4, 5])
            #expect(!history.more)
            let empty = try await database.history(in: RoomID(2), before: 99, limit: 3, bytes: 99, view: .changes)
            #expect(empty == HistoryPage(messages: [], more: false))
            #expect(try await database.openRoom(RoomID(1), recent: 9).recent.map(\.seq) == [3, 4, 5])
            #expect(try await database.openRoom(RoomID(2), recent: 9).span == two)
            #expect(try await database.span(ofNewest: 4, in: RoomID(1), view: .changes)?.firstSeq == nil)
        }
    }

    /// SQL can write any number: one that is out of range is refused, and no other room notices.
    @Test(arguments: [
        ("last_seq", Int64.max, Int64(1)), ("last_seq", RoomSpan.seqMax + 1, 1), ("first_seq", .max, .max - 1),
        ("last_seq", .max, .max), ("last_seq", -1, 1), ("last_seq", .min, .min),
    ])
    func numbersOutOfRangeAreRefused(column: String, number: Int64, first: Int64) async throws {
        let (last, first) = column == "last_seq" ? (number, first) : (first, number)
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["a"], 3: ["b"]]))
            try await sql.run(
                """
                alter table rooms drop constraint rooms_last_seq_range, drop constraint rooms_first_seq_range,
                    drop constraint rooms_last_seq_check, drop constraint rooms_first_seq_check;
                insert into rooms (room, last_seq, first_seq) values (2, \(last), \(first));
                insert into log (room, seq, "time", "user", message)
                    values (2, \(max(1, last)), now(), 'a', 'b'), (2, 5, now(), 'a', 'b');
                """)
            let expected = StoreError.rejected(
                code: "22003", detail: "rooms.last_seq of room 2 is out of range: correct it by SQL")
            let bad = RoomID(2)
            await #expect(throws: expected) { _ = try await database.openRoom(bad, recent: 9) }
            await #expect(throws: expected) { _ = try await database.openRoom(bad, recent: 0) }
            await #expect(throws: expected) {
                _ = try await database.messages(in: bad, after: 0, through: .max, limit: 9, bytes: 9)
            }
            await #expect(throws: expected) {
                _ = try await database.history(in: bad, before: .max, limit: 9, bytes: 9, view: .changes)
            }
            await #expect(throws: expected) { _ = try await database.span(ofNewest: 1, in: bad, view: .changes) }
            #expect(try await news(database, [(1, 0), (2, 0), (3, 0)]).map(\.span.room.rawValue) == [1, 3])
            #expect(try await database.openRoom(RoomID(1), recent: 9).recent.count == 1)
        }
    }

    @Test func nullsOfAnotherTableAreEmptyTexts() async throws {
        try await withDatabase { database, sql in
            try await sql.run(
                """
                alter table log alter "time" drop not null, alter "user" drop not null, alter message drop not null;
                \(logTrigger("before insert", #"new."time" := null; new."user" := null; new.message := null; return new;"#))
                """)
            let receipt = try await database.append(.of([1: ["a"]]))
            #expect(receipt.changes.map(\.text) == [""])
            #expect(try await database.page(of: 1).map(\.text) == [""])
        }
    }

    @Test func roomIsMadeOnFirstUse() async throws {
        try await withDatabase { database, sql in
            let snapshot = try await database.openRoom(room, recent: 5)
            #expect(snapshot.span.lastSeq == 0)
            #expect(snapshot.span.firstSeq == 1)
            #expect(snapshot.recent.isEmpty)
            #expect(!snapshot.epoch.isEmpty)
            #expect(try await sql.run("select room from rooms") == ["3"])
        }
    }

    @Test func snapshotBringsTheNewest() async throws {
        try await withDatabase { database, _ in
            _ = try await database.append(.of([3: ["a", "b", "c"]], ids: ["c": "k"]))
            let snapshot = try await database.openRoom(room, recent: 2)
            #expect(snapshot.span.lastSeq == 3)
            #expect(snapshot.recent.map(\.seq) == [2, 3])
            #expect(snapshot.recent.map(\.clientID) == [nil, "k"])
            #expect(try await database.openRoom(room, recent: 0).recent.isEmpty)
            #expect(try await database.openRoom(room, recent: 0).span.lastSeq == 3)
        }
    }

    @Test func epochChangesWithTheLogsPastOnly() async throws {
        try await withDatabase { database, sql in
            let epoch = try await database.openRoom(room, recent: 0).epoch
            #expect(try await database.openRoom(RoomID(9), recent: 0).epoch == epoch)
            // Another log under the same name, as a restore would leave it.
            try await sql.run(
                "create table other (like log including all); drop table log; alter table other rename to log")
            let restored = try await database.openRoom(room, recent: 0).epoch
            #expect(restored != epoch)
            let declared = try await database.newEpoch()
            #expect(declared != restored)
            #expect(try await database.epoch() == declared)
            #expect(try await database.openRoom(room, recent: 0).epoch == declared)
        }
    }
}
