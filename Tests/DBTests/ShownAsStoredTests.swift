import DB
import Rooms
import TestKit
import Testing

/// The embedding application changes and drops rows of `log`: what is told is what the table has.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct ShownAsStoredTests {
    private static let filter = """
        if new.message = 'bad' then new.message := '***'; end if;
        if new.message = 'drop' then return null; end if;
        if new.message = 'rename' then new."user" := 'somebody'; end if;
        if new.message = 'then' then new."time" := '2016-08-08 17:20:32.421Z'; end if;
        return new;
        """

    private func expectSame(_ receipt: Receipt, as sql: SQL, room: Int32, texts: [String]) async throws {
        let rows = try await sql.run(
            #"select seq, "user", message from log where room = \#(room) order by seq"#)
        var seq = receipt.bases[0]
        var shown: [String] = []
        for ordinal in texts.indices where !receipt.duplicates.contains(where: { $0.ordinal == ordinal }) {
            seq += 1
            guard !receipt.dropped.contains(ordinal) else { continue }
            let change = receipt.changes.first { $0.ordinal == ordinal }
            shown.append("\(seq)|\(change?.user ?? "ann")|\(change?.text ?? texts[ordinal])")
        }
        #expect(shown == rows)
    }

    @Test func changedAndDroppedRowsAreTold() async throws {
        try await withDatabase { database, sql in
            try await sql.run(logTrigger("before insert", Self.filter))
            let texts = ["a", "bad", "drop", "rename", "b", "then"]
            let batch = Batch.of([1: texts])
            let receipt = try await database.append(batch)
            #expect(receipt.changes.map(\.ordinal) == [1, 3, 5])
            #expect(receipt.dropped == [2])
            #expect(receipt.changes.last?.time.iso8601 == "2016-08-08T17:20:32.421Z")
            try await expectSame(receipt, as: sql, room: 1, texts: texts)
            // A repeat reads the rows as they are.
            #expect(try await database.append(batch) == receipt)
            let run = try await database.messages(in: RoomID(1), after: 0, through: 6, limit: 9, bytes: 999).run
            #expect(run.through == 6)
            #expect(run.messages.map(\.seq) == [1, 2, 4, 5, 6])
        }
    }

    @Test func changedRowsAmongRepeatsAreTold() async throws {
        try await withDatabase { database, sql in
            try await sql.run(logTrigger("before insert", Self.filter))
            let texts = ["a", "bad", "drop", "b"]
            let ids = ["a": "1", "bad": "2", "drop": "3", "b": "4"]
            _ = try await database.append(.of([1: ["a", "b"]], ids: ids))
            let batch = Batch.of([1: texts, 2: texts], ids: ids)
            let receipt = try await database.append(batch)
            #expect(receipt.bases == [2, 0])
            #expect(receipt.duplicates == [.init(ordinal: 0, originalSeq: 1), .init(ordinal: 3, originalSeq: 2)])
            #expect(receipt.changes.map(\.ordinal) == [1, 5])
            #expect(receipt.changes.map(\.text) == ["***", "***"])
            #expect(receipt.dropped == [2, 6])
            #expect(try await database.append(batch) == receipt)
            #expect(try await sql.run("select room, last_seq from rooms order by room") == ["1|4", "2|4"])
        }
    }

    @Test(arguments: [false, true])
    func rowsThatAreUpdatedAfterwardsAreTold(deferred: Bool) async throws {
        try await withDatabase { database, sql in
            try await sql.run(
                logTrigger(
                    "after insert",
                    "update log set message = 'edited' where message_id = new.message_id and message = 'bad'; return null;",
                    deferred: deferred))
            let receipt = try await database.append(.of([1: ["a", "bad"]]))
            #expect(receipt.changes.map(\.text) == ["edited"])
            try await expectSame(receipt, as: sql, room: 1, texts: ["a", "bad"])
        }
    }

    @Test(arguments: [
        "alter table log alter \"time\" type timestamptz(0)",
        "alter table log alter message type varchar(10)",
        "create rule quiet as on insert to log where new.message = 'drop' do instead nothing",
        "create table archive () inherits (log)",
        """
        create table plain (like log including all);
        drop table log cascade;
        create table log (like plain including defaults including identity, unique (room, seq)) partition by list (room);
        create table log_1 partition of log default;
        \(logTrigger("before insert", "new.message := trim(new.message); return new;").replacing("on log\n", with: "on log_1\n"))
        """,
    ])
    func otherTablesAreReadAgain(change: String) async throws {
        try await withDatabase { database, sql in
            try await sql.run(change)
            let texts = ["a ", "drop", "b"]
            let receipt = try await database.append(.of([1: texts], ids: ["b": "1"]))
            try await expectSame(receipt, as: sql, room: 1, texts: texts)
            let stored = try await database.page(of: 1)
            let times = receipt.changes.map(\.time)
            #expect(stored.allSatisfy { $0.time == receipt.time || times.contains($0.time) })
        }
    }

    @Test func plainTableIsNotReadAgain() async throws {
        let sql = SQL(try await PostgresFixture.shared.database())
        func isPlain(_ change: String) async throws -> Bool {
            try await sql.run("begin; \(change); select log_stores_what_is_sent(); rollback;") == ["t"]
        }
        #expect(try await isPlain("select"))
        let trigger = logTrigger("after insert", "return null;")
        #expect(try await !isPlain(trigger))
        #expect(try await isPlain("\(trigger) alter table log disable trigger application"))
        #expect(try await !isPlain(trigger.replacing("on log\n", with: "on rooms\n")))
        #expect(try await !isPlain("alter table log enable row level security"))
        // A foreign key checks rows and changes none.
        let key = #"create table people (name text primary key); alter table log add foreign key ("user") references"#
        #expect(try await isPlain("\(key) people"))
        #expect(try await !isPlain("alter table log rename to old; create view log as select * from old"))
    }

    @Test func rowsThatTheServerMayNotSeeAreDropped() async throws {
        let url = try await PostgresFixture.shared.database()
        try await SQL(url).run(
            """
            do $$ begin create role chat_blind login; exception when duplicate_object then null; end $$;
            grant select, insert, update, delete on all tables in schema public to chat_blind;
            alter table log enable row level security;
            create policy everything on log for insert with check (true);
            create policy visible on log for select using (message <> 'hidden');
            """)
        try await withDatabase(url: url.replacing("user=postgres", with: "user=chat_blind")) { database, _ in
            let receipt = try await database.append(.of([1: ["a", "hidden", "b"]]))
            #expect(receipt.dropped == [1])
            #expect(try await database.page(of: 1).map(\.seq) == [1, 3])
        }
    }
}
