import DB
import Rooms
import TestKit
import Testing

/// Rooms by the application's own keys.
@Suite(.timeLimit(.minutes(2)))
struct RoomKeyTests {
    @Test func aKeyHasOneNumberThatNothingElseUses() async throws {
        try await withDatabase { database, sql in
            try await sql.run(
                """
                insert into sessions values ('1', 'Ann', 1000000);
                insert into rooms (room) values (1000001);
                insert into log (room, seq, "time", "user", message) values (1000002, 1, now(), 'Ann', 'a');
                """)
            #expect(
                try await sql.run("set search_path = ''; select public.room_for('order:4711'), public.room_for('b')")
                    == ["1000003|1000004"])
            #expect(try await sql.run("select room_for('order:4711')") == ["1000003"])
            #expect(
                try await sql.run("begin; select room_for('c'); rollback; select count(*) from rooms where key = 'c'")
                    == ["1000005", "0"])
            // The server uses the row.
            #expect(try await database.append(.of([1_000_003: ["a"]])).bases == [0])
            #expect(try await sql.run("select key, last_seq from rooms where room = 1000003") == ["order:4711|1"])
            for (call, code) in [("null", "22023"), ("''", "22023"), ("repeat('x', 1025)", "22001")] {
                let failure = await #expect(throws: SQL.Failure.self) { try await sql.run("select room_for(\(call))") }
                #expect(failure?.description.contains(code) == true)
            }
        }
    }

    @Test func simultaneousCallersGetOneNumber() async throws {
        try await withDatabase { _, sql in
            let answers = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<8 {
                    group.addTask { try await sql.run("select n, room_for('k' || n) from generate_series(1, 50) n") }
                }
                return try await group.reduce(into: Set<String>()) { $0.formUnion($1) }
            }
            #expect(answers.count == 50)
            #expect(try await sql.run("select count(*), count(distinct key) from rooms") == ["50|50"])
        }
    }
}
