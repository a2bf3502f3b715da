import Rooms
import TestKit
import Testing

@testable import DB

/// Changes that the embedding application makes in SQL.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct InboxChangeTests {
    @Test func changesAndMessagesKeepTheirOrder() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["one", "two"], 2: ["other"]]))
            try await sql.run(
                """
                begin;
                select new_message(1, null, 'SQL', 'a'), new_message(2, null, 'SQL', 'b');
                select edit_message(1, 3, 'A', 'Root'), delete_message(2, 1), edit_message(1, 1, 'ONE');
                select new_message(1, null, 'SQL', 'c');
                select delete_message(1, 4, actor => 'Root');
                commit;
                begin; select delete_message(1, 2); rollback;
                """)
            func drain(limit: Int = 99, bytes: Int = 999) async throws -> InboxBatch {
                try await database.drainInbox(limit: limit, bytes: bytes)
            }
            let messages = try await drain()
            #expect(messages.taken == 2)
            #expect(messages.runs.map { $0.messages.map(\.text) } == [["a"], ["b"]])
            let changes = try await drain()
            #expect(changes.taken == 3)
            #expect(changes.runs.map(\.after) == [3, 2])
            #expect(changes.runs.map(\.through) == [5, 3])
            #expect(
                changes.runs.map { $0.changes.map(\.kind) } == [
                    [.edited(text: "A"), .edited(text: "ONE")], [.deleted],
                ])
            #expect(changes.runs.map { $0.changes.map(\.user) } == [["Root", nil], [nil]])
            #expect(changes.runs.map { $0.targets.map(\.seq) } == [[1, 3], [1]])
            #expect(changes.runs.map { $0.targets.map(\.text) } == [["ONE", "A"], [""]])
            #expect(try await drain().runs.map { $0.messages.map(\.seq) } == [[6]])
            // Number 4 is a change.
            #expect(try await drain() == InboxBatch(taken: 1, runs: []))
            #expect(try await drain() == InboxBatch(taken: 0, runs: []))
            #expect(
                try await sql.run("select seq, message from log where room = 1 order by 1") == [
                    "1|ONE", "2|two", "3|A", "6|c",
                ])
        }
    }

    @Test func batchesOfChangesAreBounded() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["one"]]))
            try await sql.run("select edit_message(1, 1, repeat('é', n)) from generate_series(1, 5) n")
            #expect(try await database.drainInbox(limit: 2, bytes: 999).taken == 2)
            #expect(try await database.drainInbox(limit: 9, bytes: 13).taken == 1)
            #expect(try await database.drainInbox(limit: 9, bytes: 18).taken == 2)
            #expect(try await sql.run("select last_seq from rooms") == ["6"])
        }
    }

    @Test func whatIsNotThereIsNotChanged() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["one"]]))
            try await sql.run(
                "select delete_message(1, 1), edit_message(1, 1, 'x'), delete_message(1, 7), delete_message(8, 1), delete_message(1, -1)"
            )
            let batch = try await database.drainInbox(limit: 9, bytes: 99)
            #expect(batch.taken == 5)
            #expect(batch.runs.map { $0.changes.map(\.seq) } == [[2]])
            #expect(try await sql.run("select room, last_seq from rooms") == ["1|2"])
            #expect(try await sql.run("select count(*) from inbox_rejected") == ["0"])
        }
    }

    @Test(arguments: ["CH001", "40001", "57014", "P0004"])
    func refusedChangeIsPutAside(code: String) async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["one", "two"]]))
            let refuses = "if new.message = 'bad' then raise exception 'no' using errcode = '\(code)'; end if;"
            try await sql.run(logTrigger("after update", refuses + " return null;", deferred: true))
            try await sql.run("select edit_message(1, 1, 'bad', 'Root'), edit_message(1, 2, 'good')")
            await #expect(throws: StoreError.rejected(code: code, detail: "")) {
                _ = try await database.drainInbox(limit: 9, bytes: 999)
            }
            #expect(try await database.drainInbox(limit: 1, bytes: 999) == InboxBatch(taken: 1, runs: []))
            #expect(try await database.drainInbox(limit: 9, bytes: 999).runs.map(\.through) == [3])
            #expect(
                try await sql.run(#"select kind, room, target, "user", message, sqlstate from inbox_rejected"#)
                    == ["edit|1|1|Root|bad|\(code)"])
            #expect(try await sql.run("select message from log order by seq") == ["one", "good"])
        }
    }

    /// That somebody holds a lock is not the change's fault.
    @Test(arguments: ["lock table log", "select from rooms for update", "select from log for update"])
    func changeThatWaitsForALockIsNotPutAside(lock: String) async throws {
        let url = try await PostgresFixture.shared.database()
        try await withDatabase(url: url) { database, sql in
            _ = try await database.append(.of([1: ["one"]]))
            let other = try await PostgresConnection.open(ConnectionOptions(url: url, applicationName: "test"))
            try await other.run(script: "begin; \(lock)", within: .seconds(10))
            // The call itself waits for nobody.
            try await sql.run("set lock_timeout = '1 s'; select delete_message(1, 1)")
            let error = await #expect(throws: StoreError.self) { _ = try await database.drainInbox(limit: 1, bytes: 9) }
            #expect(error?.isTimeout == true)
            await other.close()
            #expect(try await database.drainInbox(limit: 1, bytes: 9).runs.map(\.through) == [2])
            #expect(try await sql.run("select count(*) from inbox_rejected") == ["0"])
        }
    }

    @Test(arguments: [
        ("edit_message(null, 1, 'x')", "22023: edit_message: room must not be null"),
        ("edit_message(1, null, 'x')", "22023: edit_message: seq must not be null"),
        ("edit_message(1, 1, null)", "22023: edit_message: text must not be null or empty"),
        ("edit_message(1, 1, '')", "22023: edit_message: text must not be null or empty"),
        ("edit_message(1, 1, 'x', '')", "22023: edit_message: actor must not be empty"),
        ("edit_message(1, 1, repeat('é', 32768) || 'x')", "22001: edit_message: text has 65537 bytes"),
        ("edit_message(1, 1, 'x', repeat('x', 1025))", "22001: edit_message: actor has 1025 bytes"),
        ("delete_message(null, 1)", "22023: delete_message: room must not be null"),
        ("delete_message(1, null)", "22023: delete_message: seq must not be null"),
        ("delete_message(1, 1, '')", "22023: delete_message: actor must not be empty"),
    ])
    func refusesWhatIsNoChange(call: String, words: String) async throws {
        let sql = SQL(try await PostgresFixture.shared.database())
        let failure = await #expect(throws: SQL.Failure.self) { try await sql.run("select \(call)") }
        #expect(failure?.description.contains(words) == true)
        #expect(try await sql.run("select count(*) from inbox") == ["0"])
        try await sql.run("select edit_message(1, 1, repeat('é', 32768), repeat('é', 512))")
    }

    /// Processes that a rolling restart replaces take messages only, and none that stands after a change.
    @Test(arguments: ["drain_inbox(9)", "drain_inbox(9, 999)"])
    func olderProcessesTakeWhatStandsBeforeChanges(call: String) async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["one"]]))
            try await sql.run(
                """
                select new_message(1, null, 'SQL', unnest(array['a', 'b']));
                select delete_message(1, 1);
                select new_message(1, null, 'SQL', 'c');
                """)
            #expect(try await sql.run("select message from \(call)") == ["a", "b"])
            #expect(try await sql.run("select message from \(call)").filter { !$0.isEmpty }.isEmpty)
            #expect(try await sql.run("select kind from inbox order by inbox_id") == ["delete", "message"])
            #expect(try await database.drainInbox(limit: 9, bytes: 99).runs.map(\.through) == [4])
            #expect(try await sql.run("select message from \(call)") == ["c"])
        }
    }
}
