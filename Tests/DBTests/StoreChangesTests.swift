import DB
import Rooms
import TestKit
import Testing

@Suite(.serialized, .timeLimit(.minutes(2)))
struct StoreChangesTests {
    @Test func editIsAnEventAndChangesTheMessage() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["one", "two"]]))
            let receipt = try await database.change(
                .of([.of(1, .edit(text: "first"), id: "e"), .of(1, .edit(text: "second")), .of(2, .edit(text: "TWO"))]))
            #expect(receipt.outcomes == [.stored(seq: 3), .stored(seq: 4), .stored(seq: 5)])
            let run = try #require(receipt.runs.first)
            #expect(receipt.runs.count == 1)
            #expect(run.after == 2)
            #expect(run.through == 5)
            #expect(run.messages.isEmpty)
            #expect(run.changes.map(\.seq) == [3, 4, 5])
            #expect(run.changes.map(\.target) == [1, 1, 2])
            #expect(run.changes.map(\.kind) == [.edited(text: ""), .edited(text: "second"), .edited(text: "TWO")])
            #expect(run.changes.map(\.supersedes) == [nil, 3, nil])
            #expect(run.changes.map(\.clientID) == ["e", nil, nil])
            #expect(run.changes.map(\.user) == ["ann", "ann", "ann"])
            // Each target once, as it is now.
            #expect(run.targets.map(\.seq) == [1, 2])
            #expect(run.targets.map(\.text) == ["second", "TWO"])
            #expect(run.targets.map(\.changes?.changedSeq) == [4, 5])
            #expect(run.targets.map(\.changes?.editedSeq) == [4, 5])
            #expect(try await sql.run("select last_seq, last_change from rooms") == ["5|5"])
            #expect(try await database.append(.of([1: ["three"]])).bases == [5])
        }
    }

    @Test func deletionLeavesATombstone() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["one", "two"]]))
            try await database.change(
                .of(1, .edit(text: "new")), .of(1, .react(emoji: "x", isOn: true)),
                .of(2, .react(emoji: "x", isOn: true)))
            let receipt = try await database.change(
                .of([.of(1, .delete), .of(1, .delete), .of(1, .edit(text: "again"))]))
            #expect(receipt.outcomes == [.stored(seq: 6), .notFound, .notFound])
            let run = try #require(receipt.runs.first)
            #expect(run.changes.map(\.kind) == [.deleted])
            #expect(run.changes.map(\.supersedes) == [3])
            #expect(run.targets.map(\.text) == [""])
            #expect(run.targets.first?.changes == MessageChanges(changedSeq: 6, editedSeq: 3, isDeleted: true))
            #expect(try await sql.run("select message, deleted_seq from log order by seq") == ["|6", "two|"])
            #expect(try await sql.run("select target from reactions") == ["2"])
            #expect(try await sql.run("select seq from changes where message <> ''").isEmpty)
        }
    }

    @Test func refusedRequestsTakeNoNumber() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["one"], 2: ["elsewhere", "two"]]))
            let outcomes = try await database.change(
                .of(2, .delete), .of(1, .delete, by: "bob"), .of(1, .react(emoji: "x", isOn: false)),
                .of(1, .edit(text: "ONE")), .of(2, .edit(text: "an edit is no message")))
            #expect(outcomes == [.notFound, .forbidden, .done, .stored(seq: 2), .notFound])
            #expect(try await database.change(.of(1, .delete), in: 77) == [.notFound])
            #expect(
                try await sql.run("select room, last_seq, last_change from rooms order by 1") == ["1|2|2", "2|2|0"])
            let nothing = try await database.change(.of([.of(9, .delete)]))
            #expect(nothing == ChangeReceipt(outcomes: [.notFound], runs: []))
        }
    }

    @Test func prunedMessagesAreNotFound() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["one", "two"]]))
            try await sql.run("update rooms set first_seq = 2")
            #expect(try await database.change(.of(1, .delete), .of(2, .delete)) == [.notFound, .stored(seq: 3)])
        }
    }

    @Test func manyRoomsAreChangedAtOnce() async throws {
        try await withDatabase { database, _ in
            _ = try await database.append(.of([-1: ["a"], 4: ["b", "c"]]))
            var batch = ChangeBatch.of([.of(2, .delete), .of(1, .delete), .of(1, .edit(text: "B"))])
            batch.requests[1].room = RoomID(-1)
            batch.requests[0].room = RoomID(4)
            batch.requests[2].room = RoomID(4)
            let receipt = try await database.change(batch)
            #expect(receipt.outcomes == [.stored(seq: 3), .stored(seq: 2), .stored(seq: 4)])
            #expect(receipt.runs.map(\.room.rawValue) == [-1, 4])
            #expect(receipt.runs.map(\.after) == [1, 2])
            #expect(receipt.runs.map(\.through) == [2, 4])
            #expect(receipt.runs.map { $0.targets.map(\.seq) } == [[1], [1, 2]])
        }
    }

    @Test func triggersDecideWhatIsShown() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["one", "two"]]))
            try await sql.run(
                logTrigger(
                    "before update",
                    "if new.message = 'drop' then return null; end if; new.message := upper(new.message); return new;"))
            let receipt = try await database.change(.of([.of(1, .edit(text: "new"))]))
            #expect(receipt.runs.first?.changes.map(\.kind) == [.edited(text: "NEW")])
            #expect(try await sql.run("select message from changes") == ["NEW"])
            for draft in [ChangeDraft.of(1, .edit(text: "drop"))] {
                await #expect(throws: StoreError.rejected(code: "27000", detail: "")) {
                    try await database.change(.of(2, .edit(text: "lost, too")), draft)
                }
            }
            #expect(try await sql.run("select message from log order by seq") == ["NEW", "two"])
            #expect(try await database.change(.of(2, .delete)) == [.stored(seq: 4)])
        }
    }

    @Test(arguments: [false, true])
    func textsThatTriggersChangeAfterwardsAreShown(deferred: Bool) async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["one"]]))
            let body = """
                update log set message = '***' where message_id = new.message_id and message = 'bad'; return null;
                """
            try await sql.run(logTrigger("after update", body, deferred: deferred))
            let receipt = try await database.change(.of([.of(1, .edit(text: "bad"))]))
            #expect(receipt.runs.first?.changes.map(\.kind) == [.edited(text: "***")])
            #expect(receipt.runs.first?.targets.map(\.text) == ["***"])
            #expect(try await !sql.dump().contains("\tbad\t"))
        }
    }

    /// Messages and changes of the same rooms, from two processes.
    @Test func writersOfMessagesAndChangesShareOneSequenceWithoutDeadlock() async throws {
        let url = try await PostgresFixture.shared.database()
        try await withDatabase(url: url, size: 2) { first, sql in
            try await withDatabase(url: url, size: 2) { second, _ in
                _ = try await first.append(.of([1: ["a"], 2: ["a"], 3: ["a"]]))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (index, database) in [first, second].enumerated() {
                        group.addTask {
                            for turn in 0..<60 {
                                var batch = ChangeBatch.of(
                                    (0..<3).map { _ in .of(1, .edit(text: "\(turn)")) })
                                // In another order for each process and turn.
                                for place in 0..<3 {
                                    batch.requests[place].room = RoomID(Int32((place * (index + 1) + turn) % 3 + 1))
                                }
                                _ = try await database.change(batch)
                            }
                        }
                        group.addTask {
                            for turn in 0..<60 {
                                _ = try await database.append(.of([Int32(turn % 2 + 1): ["b"], 3: ["c"]]))
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            let wrong = try await sql.run(
                """
                select room from (select room, seq from log union all select room, seq from changes) as rows
                group by room having count(*) <> max(seq) or count(distinct seq) <> max(seq)
                """)
            #expect(wrong.isEmpty)
            #expect(try await sql.run("select count(*) from changes") == ["360"])
        }
    }
}
