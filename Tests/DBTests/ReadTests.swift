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
                try await database.messages(in: room, after: after, through: through, limit: limit).map(\.seq)
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
            #expect(try await database.openRoom(room, recent: 0).epoch == declared)
        }
    }
}
