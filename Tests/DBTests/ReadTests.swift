import DB
import Rooms
import TestKit
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ReadTests {
    private let room = RoomID(3)

    @Test func pagesGoUpAndDown() async throws {
        try await withDatabase { database, _ in
            _ = try await database.append(.of([3: (1...10).map(String.init), 4: ["elsewhere"]]))
            func up(_ after: Int64, _ through: Int64, _ limit: Int) async throws -> [Int64] {
                try await database.messages(in: room, after: after, through: through, limit: limit, bytes: 1 << 20).map(
                    \.seq)
            }
            func down(_ before: Int64, _ limit: Int) async throws -> [Int64] {
                try await database.messages(in: room, before: before, limit: limit).map(\.seq)
            }
            #expect(try await up(0, 10, 4) == [1, 2, 3, 4])
            #expect(try await up(4, 6, 4) == [5, 6])
            #expect(try await up(10, 99, 4) == [])
            #expect(try await up(0, .max, 0) == [])
            #expect(try await down(11, 4) == [7, 8, 9, 10])
            #expect(try await down(3, 4) == [1, 2])
            #expect(try await down(1, 4) == [])
            #expect(try await down(.max, 100).count == 10)
        }
    }

    @Test func pagesAreBoundedInBytesToo() async throws {
        try await withDatabase { database, _ in
            let texts = (1...6).map { String(repeating: "é", count: $0) }
            _ = try await database.append(.of([3: texts]))
            func page(_ bytes: Int) async throws -> [Int64] {
                try await database.messages(in: room, after: 0, through: 9, limit: 9, bytes: bytes).map(\.seq)
            }
            #expect(try await page(0) == [1])
            #expect(try await page(5) == [1])
            #expect(try await page(6) == [1, 2])
            #expect(try await page(41) == [1, 2, 3, 4, 5])
            #expect(try await page(42) == [1, 2, 3, 4, 5, 6])
        }
    }

    @Test func tellsTheNewsOfManyRoomsAtOnce() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(
                .of([1: ["a", "b", "c"], 2: ["d"], 3: ["e", "f"], -4: ["g"]], ids: ["b": "k"]))
            func news(_ known: [(Int32, Int64)], limit: Int = 9, bytes: Int = 999) async throws -> [RoomNews] {
                try await database.news(
                    after: known.map { RoomPosition(room: RoomID($0.0), seq: $0.1) }, limit: limit, bytes: bytes)
            }
            let all = try await news([(-4, 0), (1, 1), (2, 1), (3, 0), (8, 0)])
            #expect(all.map(\.room.rawValue) == [-4, 1, 3])
            #expect(all.map(\.lastSeq) == [1, 3, 2])
            #expect(all.map(\.firstSeq) == [1, 1, 1])
            #expect(all.map { $0.messages.map(\.text) } == [["g"], ["b", "c"], ["e", "f"]])
            #expect(all[1].messages[0].clientID == "k")
            let few = try await news([(1, 0), (3, 0)], limit: 2)
            #expect(few.map { $0.messages.map(\.seq) } == [[1, 2], [1, 2]])
            let short = try await news([(1, 0), (3, 0)], bytes: 2)
            #expect(short.map { $0.messages.map(\.seq) } == [[1, 2], []])
            #expect(short.map(\.lastSeq) == [3, 2])
            #expect(try await news([(1, 0), (3, 0)], bytes: 0).map { $0.messages.map(\.seq) } == [[1], []])
            // A log that lost messages, and one that was pruned.
            #expect(try await news([(1, 7)]) == [RoomNews(room: RoomID(1), lastSeq: 3, firstSeq: 1, messages: [])])
            try await sql.run("delete from log where room = 1; update rooms set first_seq = 4 where room = 1")
            #expect(try await news([(1, 0)]) == [RoomNews(room: RoomID(1), lastSeq: 3, firstSeq: 4, messages: [])])
            #expect(try await news([]).isEmpty)
        }
    }

    @Test func roomIsMadeOnFirstUse() async throws {
        try await withDatabase { database, sql in
            let snapshot = try await database.openRoom(room, recent: 5)
            #expect(snapshot.lastSeq == 0)
            #expect(snapshot.firstSeq == 1)
            #expect(snapshot.recent.isEmpty)
            #expect(!snapshot.epoch.isEmpty)
            #expect(try await sql.run("select room from rooms") == ["3"])
        }
    }

    @Test func snapshotBringsTheNewest() async throws {
        try await withDatabase { database, _ in
            _ = try await database.append(.of([3: ["a", "b", "c"]], ids: ["c": "k"]))
            let snapshot = try await database.openRoom(room, recent: 2)
            #expect(snapshot.lastSeq == 3)
            #expect(snapshot.recent.map(\.seq) == [2, 3])
            #expect(snapshot.recent.map(\.clientID) == [nil, "k"])
            #expect(try await database.openRoom(room, recent: 0).recent.isEmpty)
            #expect(try await database.openRoom(room, recent: 0).lastSeq == 3)
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
