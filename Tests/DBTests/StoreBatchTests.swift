import DB
import Rooms
import TestKit
import Testing

@Suite(.timeLimit(.minutes(2)))
struct StoreBatchTests {
    @Test func numbersOneRoomDensely() async throws {
        try await withDatabase { database, sql in
            let first = try await database.append(.of([7: ["a", "b", "c"]]))
            let second = try await database.append(.of([7: ["d"]]))
            #expect(first.bases == [0])
            #expect(second.bases == [3])
            #expect(first.duplicates.isEmpty)
            #expect(try await sql.run("select seq, message from log order by seq") == ["1|a", "2|b", "3|c", "4|d"])
            #expect(try await sql.run("select last_seq from rooms where room = 7") == ["4"])
        }
    }

    @Test func givesEachRoomItsOwnNumbers() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([-3: ["x"], 5: ["y"]]))
            let receipt = try await database.append(
                .of([-3: ["a", "b"], 0: ["c"], 5: ["d", "e"], 2_000_000_000: ["f"]]))
            #expect(receipt.bases == [1, 0, 1, 0])
            let rows = try await sql.run("select room, seq, message from log order by room, seq")
            #expect(
                rows == ["-3|1|x", "-3|2|a", "-3|3|b", "0|1|c", "5|1|y", "5|2|d", "5|3|e", "2000000000|1|f"])
        }
    }

    @Test func keepsTextsAsTheyAre() async throws {
        let text = "naïve 👩‍👩‍👧 \\ ' \" {NULL} NULL \u{1}\n"
        try await withDatabase { database, _ in
            _ = try await database.append(.of([1: [text]], user: "Ångström, \"A\""))
            let stored = try await database.messages(in: RoomID(1), after: 0, through: 9, limit: 9, bytes: 999)
            #expect(stored.map(\.text) == [text])
            #expect(stored.map(\.user) == ["Ångström, \"A\""])
        }
    }

    @Test func timeOfReceiptIsTimeOfRows() async throws {
        try await withDatabase { database, _ in
            let receipt = try await database.append(.of([1: ["a"]]))
            let stored = try await database.messages(in: RoomID(1), after: 0, through: 1, limit: 1, bytes: 999)
            #expect(stored.map(\.time) == [receipt.time])
        }
    }

    @Test func repeatedBatchGetsItsReceiptAgain() async throws {
        try await withDatabase { database, sql in
            let batch = Batch.of([1: ["a", "b"], 2: ["c", "c2"]], ids: ["c": "same", "c2": "same"])
            let first = try await database.append(batch)
            let again = try await database.append(batch)
            #expect(first == again)
            #expect(again.duplicates == [.init(ordinal: 3, originalSeq: 1)])
            #expect(try await sql.run("select count(*) from log") == ["3"])
        }
    }

    @Test func findsRepeatsInLogAndInBatch() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["a", "b"], 2: ["c"]], ids: ["a": "k1", "c": "k1"]))
            let batch = Batch(
                id: .random(),
                groups: [
                    .init(
                        room: RoomID(1),
                        drafts: [
                            Draft(user: "ann", text: "new", clientID: "k2"),
                            Draft(user: "ann", text: "repeat of log", clientID: "k1"),
                            Draft(user: "ann", text: "repeat in batch", clientID: "k2"),
                            Draft(user: "bob", text: "another's", clientID: "k1"),
                            Draft(user: "ann", text: "without", clientID: nil),
                            Draft(user: "ann", text: "again of log", clientID: "k1"),
                        ]),
                    .init(room: RoomID(2), drafts: [Draft(user: "ann", text: "all repeated", clientID: "k1")]),
                    .init(room: RoomID(3), drafts: [Draft(user: "ann", text: "elsewhere", clientID: "k1")]),
                ])
            let receipt = try await database.append(batch)
            #expect(receipt.bases == [2, 1, 0])
            #expect(
                receipt.duplicates == [
                    .init(ordinal: 1, originalSeq: 1), .init(ordinal: 2, originalSeq: 3),
                    .init(ordinal: 5, originalSeq: 1), .init(ordinal: 6, originalSeq: 1),
                ])
            #expect(
                try await sql.run("select seq, message from log where room = 1 and seq > 2 order by seq")
                    == ["3|new", "4|another's", "5|without"])
            #expect(try await sql.run("select last_seq from rooms order by room") == ["5", "1", "1"])
        }
    }

    @Test func concurrentWritersNumberDenselyWithoutDeadlock() async throws {
        let url = try await PostgresFixture.shared.database()
        try await withDatabase(url: url, size: 2) { first, sql in
            try await withDatabase(url: url, size: 2) { second, _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (writer, database) in [first, second].enumerated() {
                        group.addTask {
                            for round in 0..<100 {
                                // Rooms appear in the middle, in different orders for the two writers.
                                let rooms = Set((0..<4).map { Int32((round * (writer + 3) + $0 * 7) % 25) })
                                let texts = Dictionary(uniqueKeysWithValues: rooms.map { ($0, ["a", "b"]) })
                                _ = try await database.append(.of(texts))
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            let holes = try await sql.run(
                """
                select room from log group by room
                having count(*) <> max(seq) or count(distinct seq) <> max(seq) or min(seq) <> 1
                """)
            #expect(holes.isEmpty)
            #expect(try await sql.run("select sum(last_seq) = (select count(*) from log) from rooms") == ["t"])
        }
    }

    @Test(arguments: ["CH001", "0A000"])
    func refusedBatchStoresNothingAndTellsWhy(code: String) async throws {
        try await withDatabase { database, sql in
            try await sql.run(
                """
                create function refuse() returns trigger language plpgsql as $$
                begin raise exception 'no % here', new.message using errcode = '\(code)'; end $$;
                create trigger refuse before insert on log for each row when (new.message = 'bad')
                execute function refuse();
                """)
            await #expect(throws: StoreError.rejected(code: code, detail: "")) {
                _ = try await database.append(.of([1: ["good", "bad"]]))
            }
            #expect(try await sql.run("select count(*) from log") == ["0"])
            #expect(try await database.append(.of([1: ["good"]])).bases == [0])
        }
    }

    @Test func oldReceiptsAreForgottenInPortions() async throws {
        try await withDatabase { database, sql in
            for _ in 0..<3 { _ = try await database.append(.of([1: ["a"]])) }
            try await sql.run("update batches set created_at = now() - interval '2 hours'")
            _ = try await database.append(.of([1: ["a"]]))
            #expect(try await sql.run("select forget_batches('1 hour', 2)") == ["2"])
            #expect(try await sql.run("select forget_batches('1 hour', 2)") == ["1"])
            #expect(try await sql.run("select count(*) from batches") == ["1"])
        }
    }
}
