import Logging
import Rooms
import TestKit
import Testing

@testable import DB

@Suite(.timeLimit(.minutes(2)))
struct EventTests {
    @Test func tellsWhatHappened() async throws {
        try await withDatabase { database, sql in
            var events = database.events.makeAsyncIterator()
            #expect(await events.next() == .resync)
            try await sql.run("insert into sessions values('1','Michael Redman',0)")
            try await sql.run("select new_message(0, null, 'a', 'b'), new_message(0, null, 'a', 'c')")
            #expect(await events.next() == .inbox)
            let fingerprint = try #require(try await database.session(key: "1")?.fingerprint)
            try await sql.run("update sessions set chat_room = 2")
            #expect(await events.next() == .sessionChanged(fingerprint: fingerprint))
            try await sql.run("delete from sessions")
            #expect(await events.next() == .sessionChanged(fingerprint: fingerprint))
            try await sql.run("insert into sessions select n::text, 'u', 1 from generate_series(1, 2000) n")
            try await sql.run("delete from sessions")
            #expect(await events.next() == .resync)
            try await sql.run("truncate sessions")
            #expect(await events.next() == .resync)
        }
    }

    @Test func listensAnewAfterItsBackendIsTerminated() async throws {
        try await withDatabase { database, sql in
            var events = database.events.makeAsyncIterator()
            for _ in 0..<3 {
                #expect(await events.next() == .resync)
                let ended = try await sql.run(
                    """
                    select pg_terminate_backend(pid) from pg_stat_activity
                    where application_name = 'chat-listen' and datname = current_database()
                    """)
                #expect(ended == ["t"])
            }
            #expect(await events.next() == .resync)
            try await sql.run("select new_message(0, null, 'a', 'b')")
            #expect(await events.next() == .inbox)
        }
    }

    @Test func tellsOtherProcessesOfNews() async throws {
        let url = try await PostgresFixture.shared.database()
        try await withDatabase(url: url) { one, _ in
            try await withDatabase(url: url) { other, sql in
                var (mine, theirs) = (one.events.makeAsyncIterator(), other.events.makeAsyncIterator())
                #expect(await mine.next() == .resync)
                #expect(await theirs.next() == .resync)
                let positions = (1...900).map { RoomPosition(room: RoomID($0), seq: Int64($0) << 20) }
                try await one.ring(positions)
                var heard: [RoomPosition] = []
                while heard.count < positions.count, case .news(let some) = await theirs.next() { heard += some }
                #expect(heard == positions)
                try await one.ring(nil)
                #expect(await theirs.next() == .resync)
                // Its own rings are no news to it.
                try await sql.run("notify chat, 'inbox'")
                #expect(await mine.next() == .inbox)
            }
        }
    }

    @Test func overflowBecomesResync() async {
        let queue = StoreEventQueue(limit: 3, metrics: DBMetrics())
        for _ in 0..<10 { queue.add(.inbox) }
        var events = queue.events.makeAsyncIterator()
        var last: StoreEvent?
        for _ in 0..<3 { last = await events.next() }
        #expect(last == .resync)
    }

    @Test(arguments: [
        ("inbox", StoreEvent.inbox), ("session:ab", .sessionChanged(fingerprint: "ab")), ("session:*", .resync),
        ("epoch", .resync), ("", nil), ("session:", nil), ("other:x", nil),
    ])
    func readsPayloads(payload: String, event: StoreEvent?) {
        #expect(StoreEvent(payload: payload, token: "me") == event)
    }
}
