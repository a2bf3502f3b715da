import Rooms
import TestKit
import Testing

@testable import DB

@Suite(.serialized, .timeLimit(.minutes(2)))
struct InboxTests {
    @Test func showsWhatWasCommittedAndNothingElse() async throws {
        try await withDatabase { database, sql in
            try await sql.run(
                """
                begin; select new_message(4, '2016-08-08 17:20:32.421Z', 'SQL', 'taken back'); rollback;
                select new_message(4, '2016-08-08 17:20:32.421Z', 'SQL', 'said');
                """)
            let batch = try await database.drainInbox(limit: 100, bytes: 100)
            let drained = batch.runs.flatMap(\.messages)
            #expect(batch.taken == 1)
            #expect(batch.runs.map(\.through) == [1])
            #expect(drained.map(\.text) == ["said"])
            #expect(drained.map(\.seq) == [1])
            #expect(drained.map(\.time.iso8601) == ["2016-08-08T17:20:32.421Z"])
            let nothing = InboxBatch(taken: 0, runs: [])
            #expect(try await database.drainInbox(limit: 100, bytes: 100) == nothing)
            #expect(try await database.page(of: 4) == drained)
        }
    }

    @Test func keepsTheOrderOfTwoHundredInOneTransaction() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["before"]]))
            try await sql.run("select new_message(n % 3, null, 'SQL', n::text) from generate_series(1, 200) n")
            var drained: [StoredMessage] = []
            while case let some = try await database.drainInbox(limit: 64, bytes: 1 << 20), some.taken > 0 {
                #expect(some.taken <= 64)
                #expect(some.runs.allSatisfy { $0.through - $0.after == Int64($0.messages.count) })
                drained += some.runs.flatMap(\.messages)
            }
            for room in [Int32(0), 1, 2] {
                let seqs = drained.filter { $0.room == RoomID(room) }.map(\.seq)
                #expect(seqs == Array((room == 1 ? 2 : 1)..<(Int64(seqs.count) + (room == 1 ? 2 : 1))))
                let texts = drained.filter { $0.room == RoomID(room) }.map(\.text)
                #expect(texts == (1...200).filter { $0 % 3 == Int(room) }.map(String.init))
            }
        }
    }

    @Test func openTransactionDelaysNobody() async throws {
        let url = try await PostgresFixture.shared.database()
        try await withDatabase(url: url) { database, sql in
            let caller = try await PostgresConnection.open(ConnectionOptions(url: url, applicationName: "test"))
            _ = try await caller.run(.once("begin"))
            _ = try await caller.run(.once("select new_message(1, null, 'slow', 'later')"))
            #expect(try await database.append(.of([1: ["live"]])).bases == [0])
            try await sql.run("select new_message(1, null, 'quick', 'meanwhile')")
            #expect(try await database.drained().map(\.text) == ["meanwhile"])
            _ = try await caller.run(.once("commit"))
            #expect(try await database.drained().map(\.seq) == [3])
            await caller.close()
        }
    }

    @Test func twoDrainersShareTheWorkWithoutDoubling() async throws {
        let url = try await PostgresFixture.shared.database()
        try await withDatabase(url: url) { first, sql in
            try await withDatabase(url: url) { second, _ in
                try await sql.run("select new_message(1, null, 'SQL', n::text) from generate_series(1, 300) n")
                let texts = try await withThrowingTaskGroup(of: [String].self) { group in
                    for database in [first, second, first, second] {
                        group.addTask {
                            var texts: [String] = []
                            // Empty also means that another one drains: the table tells when all is done.
                            while try await sql.run("select count(*) from inbox") != ["0"] {
                                texts += try await database.drained(limit: 20).map(\.text)
                            }
                            return texts
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                #expect(texts.count == 300)
                #expect(Set(texts).count == 300)
                let log = try await sql.run("select string_agg(message, ',' order by seq) from log")
                #expect(log == [(1...300).map(String.init).joined(separator: ",")])
            }
        }
    }

    /// The server halves what is refused; alone, a message is put aside, whatever it is refused with.
    @Test(arguments: [
        "CH001", "08001", "40001", "40P01", "53100", "55P03", "57014", "58030", "P0004",
    ])
    func refusedMessageIsPutAside(code: String) async throws {
        try await withDatabase { database, sql in
            let refuses = "if new.message = 'bad' then raise exception 'no' using errcode = '\(code)'; end if;"
            try await sql.run(logTrigger("after insert", refuses + " return null;", deferred: true))
            try await sql.run("select new_message(1, null, 'SQL', unnest(array['bad', 'a', 'b']))")
            await #expect(throws: StoreError.rejected(code: code, detail: "")) {
                _ = try await database.drainInbox(limit: 9, bytes: 999)
            }
            #expect(try await sql.run("select count(*) from inbox") == ["3"])
            #expect(try await database.drainInbox(limit: 1, bytes: 999) == InboxBatch(taken: 1, runs: []))
            #expect(try await database.drained().map(\.text) == ["a", "b"])
            #expect(try await sql.run("select last_seq from rooms where room = 1") == ["2"])
            #expect(try await sql.run("select message, sqlstate from inbox_rejected") == ["bad|\(code)"])
        }
    }

    @Test func messageThatTakesTooLongIsPutAside() async throws {
        try await withDatabase { database, sql in
            try await sql.run(
                logTrigger("before insert", "if new.message = 'slow' then perform pg_sleep(60); end if; return new;"))
            try await sql.run("select new_message(1, null, 'SQL', unnest(array['slow', 'a']))")
            let error = await #expect(throws: StoreError.self) { _ = try await database.drainInbox(limit: 2, bytes: 9) }
            #expect(error?.isTimeout == true)
            #expect(try await database.drainInbox(limit: 1, bytes: 9).taken == 1)
            #expect(try await sql.run("select message, sqlstate from inbox_rejected") == ["slow|57014"])
            #expect(try await database.drained().map(\.text) == ["a"])
        }
    }

    /// That somebody holds a lock is not the message's fault.
    @Test func messageThatWaitsForALockIsNotPutAside() async throws {
        let url = try await PostgresFixture.shared.database()
        try await withDatabase(url: url) { database, sql in
            for lock in ["lock table log", "insert into rooms values (1); select from rooms for update"] {
                try await sql.run("select new_message(1, null, 'SQL', 'a')")
                let other = try await PostgresConnection.open(ConnectionOptions(url: url, applicationName: "test"))
                try await other.run(script: "begin; \(lock)", within: .seconds(10))
                let error = await #expect(throws: StoreError.self) {
                    _ = try await database.drainInbox(limit: 1, bytes: 9)
                }
                #expect(error?.isTimeout == true)
                await other.close()
                #expect(try await database.drained().map(\.text) == ["a"])
                try await sql.run("delete from log; delete from rooms")
            }
            #expect(try await sql.run("select count(*) from inbox_rejected") == ["0"])
        }
    }

    @Test func batchesAreBoundedInBytes() async throws {
        try await withDatabase { database, sql in
            // As version 0.1 accepted them.
            try await sql.run(
                """
                insert into inbox (room, "user", message)
                    select n, 'SQL', repeat('é', case n when 3 then 5000000 else 500 end) from generate_series(1, 5) n
                """)
            func drain() async throws -> [Int32] {
                try await database.drainInbox(limit: 9, bytes: 2500).runs.map(\.room.rawValue)
            }
            #expect(try await drain() == [1, 2])
            #expect(try await drain() == [3])
            #expect(try await drain() == [4, 5])
            #expect(try await drain() == [])
        }
    }

    @Test func changedAndDroppedMessagesAreTold() async throws {
        try await withDatabase { database, sql in
            try await sql.run(
                logTrigger(
                    "before insert",
                    "if new.message = 'drop' then return null; end if; new.message := upper(new.message); return new;"))
            try await sql.run(
                """
                select new_message(1, null, 'SQL', unnest(array['a', 'drop', 'b', 'drop']));
                select new_message(2, null, 'SQL', 'drop');
                """)
            let batch = try await database.drainInbox(limit: 9, bytes: 99)
            #expect(batch.taken == 5)
            #expect(batch.runs.map(\.after) == [0, 0])
            #expect(batch.runs.map(\.through) == [4, 1])
            #expect(batch.runs.map { $0.messages.map(\.text) } == [["A", "B"], []])
            #expect(batch.runs.first?.messages.map(\.seq) == [1, 3])
        }
    }

    @Test func sizeOfAMessageIsLimited() async throws {
        let sql = SQL(try await PostgresFixture.shared.database())
        try await sql.run("select new_message(1, null, repeat('é', 512), repeat('é', 32768))")
        let tooLong = await #expect(throws: SQL.Failure.self) {
            try await sql.run("select new_message(1, null, 'u', repeat('é', 32768) || 'x')")
        }
        let words = "22001: new_message: message has 65537 bytes, more than the limit of 65536"
        #expect(tooLong?.description.contains(words) == true)
        let longName = await #expect(throws: SQL.Failure.self) {
            try await sql.run("select new_message(1, null, repeat('é', 512) || 'x', 'm')")
        }
        let nameWords = "22001: new_message: message_user has 1025 bytes, more than the limit of 1024"
        #expect(longName?.description.contains(nameWords) == true)
        #expect(try await sql.run("select count(*) from inbox") == ["1"])
    }

    @Test(arguments: [
        "null, null, 'u', 'm'", "1, null, null, 'm'", "1, null, '', 'm'", "1, null, 'u', null", "1, null, 'u', ''",
        "1, 'infinity', 'u', 'm'",
    ])
    func refusesWhatIsNoMessage(arguments: String) async throws {
        let sql = SQL(try await PostgresFixture.shared.database())
        let failure = await #expect(throws: SQL.Failure.self) { try await sql.run("select new_message(\(arguments))") }
        #expect(failure?.description.contains("22023") == true)
    }

    @Test func isCalledUnderAnySearchPath() async throws {
        let sql = SQL(try await PostgresFixture.shared.database())
        try await sql.run(
            """
            set search_path = '';
            select public.new_message(1, null, 'u', 'm');
            insert into public.sessions values('1','Michael Redman',0);
            delete from public.sessions;
            """)
        #expect(try await sql.run("select count(*) from inbox") == ["1"])
    }
}
