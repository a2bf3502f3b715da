import DB
import Rooms
import TestKit
import Testing

@Suite(.serialized, .timeLimit(.minutes(2)))
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
            let stored = try await database.page(of: 1)
            #expect(stored.map(\.text) == [text])
            #expect(stored.map(\.user) == ["Ångström, \"A\""])
        }
    }

    @Test func timeOfReceiptIsTimeOfRows() async throws {
        try await withDatabase { database, _ in
            let receipt = try await database.append(.of([1: ["a"]]))
            let stored = try await database.page(of: 1)
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
                id: .next(),
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

    /// What a live connection answers is the batch's own fault, whatever its SQLSTATE.
    @Test(arguments: [
        "CH001", "0A000", "08001", "25006", "26000", "40001", "40P01", "53100", "53300", "55P03", "57014", "57P01",
        "58030",
    ])
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

    /// One row with the number of the last batch replaces receipts that were forgotten after an hour.
    @Test func suspendedWriterStoresNothingTwice() async throws {
        try await withDatabase { database, sql in
            let batch = Batch.of([1: ["a", "b"], 2: ["c"]])
            let receipt = try await database.append(batch)
            try await sql.run("update log_writers set used_at = used_at - interval '29 days'")
            // Another process comes, and removes what it takes for unused.
            try await sql.run("select register_writer(gen_random_uuid())")
            #expect(try await database.append(batch) == receipt)
            #expect(try await sql.run("select count(*) from log") == ["3"])
            #expect(try await sql.run("select count(*) from log_writers") == ["2"])
        }
    }

    @Test func forgottenWriterIsToldAndGoesOnUnderAnotherName() async throws {
        try await withDatabase { database, sql in
            let batch = Batch.of([1: ["a"]])
            _ = try await database.append(batch)
            try await sql.run("update log_writers set used_at = used_at - interval '31 days'")
            try await sql.run("select register_writer(gen_random_uuid())")
            await #expect(throws: StoreError.forgotten) { _ = try await database.append(batch) }
            #expect(try await sql.run("select count(*) from log") == ["1"])
            #expect(try await database.append(.of([1: ["b"]])).bases == [1])
            try await sql.run("delete from log_writers")
            await #expect(throws: StoreError.forgotten) { _ = try await database.settle(.next()) }
            #expect(try await database.append(.of([1: ["c"]])).bases == [2])
        }
    }

    @Test func settledBatchIsCommittedOrNeverWillBe() async throws {
        try await withDatabase { database, sql in
            let stored = Batch.of([1: ["stored"]])
            _ = try await database.append(stored)
            #expect(try await database.settle(stored.id))
            let givenUp = Batch.of([1: ["given up"]])
            #expect(try await !database.settle(givenUp.id))
            // The answer may be lost and be asked for again.
            #expect(try await !database.settle(givenUp.id))
            // A late arrival of an attempt, and of an even earlier one.
            await #expect(throws: StoreError.rejected(code: "55000", detail: "")) {
                _ = try await database.append(givenUp)
            }
            await #expect(throws: StoreError.rejected(code: "55000", detail: "")) {
                _ = try await database.append(stored)
            }
            await #expect(throws: StoreError.rejected(code: "55000", detail: "")) {
                _ = try await database.settle(stored.id)
            }
            #expect(try await database.append(.of([1: ["next"]])).bases == [1])
            #expect(try await sql.run("select message from log order by seq") == ["stored", "next"])
        }
    }

    @Test func lanesAreWritersOfTheirOwn() async throws {
        try await withDatabase { database, sql in
            let live = Batch.of([1: ["live"]])
            let slow = Batch(id: BatchID(lane: .slow, number: 1), groups: Batch.of([2: ["slow"]]).groups)
            let receipts = (try await database.append(live), try await database.append(slow))
            #expect(try await (database.append(live), database.append(slow)) == receipts)
            #expect(try await sql.run("select count(*) from log_writers") == ["2"])
            #expect(try await sql.run("select count(*) from log") == ["2"])
        }
    }

    /// A hot update touches no index (PostgreSQL manual, 73.7).
    @Test func writersRowIsUpdatedInPlace() async throws {
        let sql = SQL(try await PostgresFixture.shared.database())
        let updates = try await sql.run(
            """
            begin;
            select register_writer('00000000-0000-4000-8000-000000000000');
            do $$ begin
                for n in 1..5 loop
                    perform store_batch('00000000-0000-4000-8000-000000000000', n, array[1], array[1], array[1], array[1],
                        array['ann'], null, array['a'], null);
                end loop;
            end $$;
            select n_tup_upd, n_tup_hot_upd from pg_stat_xact_user_tables where relname = 'log_writers';
            rollback;
            """)
        #expect(updates.last == "5|5")
    }

    @Test func slowBatchIsEndedByTheDatabase() async throws {
        try await withDatabase { database, sql in
            try await sql.run(logTrigger("before insert", "perform pg_sleep(0.2); return new;"))
            for lane in BatchID.Lane.allCases {
                let many = Batch.of([1: (1...40).map(String.init)], lane: lane)
                let error = await #expect(throws: StoreError.self) { _ = try await database.append(many) }
                #expect(error?.isTimeout == true)
                #expect(try await database.append(.of([1: ["a"]], lane: lane)).duplicates.isEmpty)
            }
        }
    }

    /// One wrong row stops that room only.
    @Test func numberThatOverflowsIsTheFaultOfItsRoom() async throws {
        try await withDatabase { database, sql in
            try await sql.run(
                """
                alter table rooms drop constraint rooms_last_seq_range;
                insert into rooms values (2, 9223372036854775807);
                """)
            await #expect(throws: StoreError.rejected(code: "22003", detail: "")) {
                _ = try await database.append(.of([1: ["a"], 2: ["b"], 3: ["c"]]))
            }
            await #expect(throws: StoreError.rejected(code: "22003", detail: "")) {
                _ = try await database.append(.of([2: ["b"]]))
            }
            #expect(try await database.append(.of([1: ["a"], 3: ["c"]])).bases == [0, 0])
            try await sql.run("update rooms set last_seq = 9007199254740990 where room = 2")
            try await sql.run(
                "alter table rooms add constraint again check (last_seq between 0 and 9007199254740991)")
            #expect(try await database.append(.of([2: ["last"]])).bases == [RoomSpan.seqMax - 1])
            await #expect(throws: StoreError.self) { _ = try await database.append(.of([2: ["beyond"]])) }
        }
    }
}
