import DB
import Rooms
import TestKit
import Testing

@testable import DB

@Suite(.timeLimit(.minutes(2)))
struct InboxTests {
    @Test func showsWhatWasCommittedAndNothingElse() async throws {
        try await withDatabase { database, sql in
            try await sql.run(
                """
                begin; select new_message(4, '2016-08-08 17:20:32.421Z', 'SQL', 'taken back'); rollback;
                select new_message(4, '2016-08-08 17:20:32.421Z', 'SQL', 'said');
                """)
            let drained = try await database.drainInbox(limit: 100)
            #expect(drained.map(\.text) == ["said"])
            #expect(drained.map(\.seq) == [1])
            #expect(drained.map(\.time.iso8601) == ["2016-08-08T17:20:32.421Z"])
            #expect(try await database.drainInbox(limit: 100).isEmpty)
            #expect(try await database.messages(in: RoomID(4), after: 0, through: 9, limit: 9, bytes: 999) == drained)
        }
    }

    @Test func keepsTheOrderOfTwoHundredInOneTransaction() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["before"]]))
            try await sql.run("select new_message(n % 3, null, 'SQL', n::text) from generate_series(1, 200) n")
            var drained: [StoredMessage] = []
            while case let some = try await database.drainInbox(limit: 64), !some.isEmpty {
                #expect(some.count <= 64)
                drained += some
            }
            #expect(drained.map(\.text) == (1...200).map(String.init))
            for room in [Int32(0), 1, 2] {
                let seqs = drained.filter { $0.room == RoomID(room) }.map(\.seq)
                #expect(seqs == Array((room == 1 ? 2 : 1)..<(Int64(seqs.count) + (room == 1 ? 2 : 1))))
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
            #expect(try await database.drainInbox(limit: 9).map(\.text) == ["meanwhile"])
            _ = try await caller.run(.once("commit"))
            #expect(try await database.drainInbox(limit: 9).map(\.seq) == [3])
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
                                texts += try await database.drainInbox(limit: 20).map(\.text)
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

    @Test func refusedMessageTakesNoneOfItsNeighboursWithIt() async throws {
        try await withDatabase { database, sql in
            try await sql.run(
                """
                create function refuse() returns trigger language plpgsql as $$
                begin if new.message = 'bad' then raise exception 'no' using errcode = 'CH001'; end if; return null;
                end $$;
                create constraint trigger refuse after insert on log deferrable initially deferred
                for each row execute function refuse();
                select new_message(1, null, 'SQL', unnest(array['a', 'bad', 'b']));
                """)
            #expect(try await database.drainInbox(limit: 9).map(\.text) == ["a", "b"])
            #expect(try await sql.run("select last_seq from rooms where room = 1") == ["2"])
            #expect(try await sql.run("select message, sqlstate from inbox_rejected") == ["bad|CH001"])
        }
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
