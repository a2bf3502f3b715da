import Logging
import Rooms
import TestKit
import Testing

@testable import DB

@Suite(.timeLimit(.minutes(2)))
struct ConnectionFaultTests {
    @Test func poolHealsWhenItsBackendsAreTerminated() async throws {
        try await withDatabase { database, sql in
            for round in 0..<5 {
                try await sql.run(
                    """
                    select pg_terminate_backend(pid) from pg_stat_activity
                    where application_name like 'chat%' and datname = current_database()
                    """)
                // One answer may be that the connection broke under it: the same batch is safe to send again.
                let batch = Batch.of([1: ["\(round)"]])
                var receipt: Receipt?
                while receipt == nil {
                    do {
                        receipt = try await database.append(batch)
                    } catch StoreError.unavailable {
                        try await database.waitUntilAvailable(within: .seconds(20))
                    }
                }
                #expect(receipt?.bases == [Int64(round)])
                #expect(try await database.openRoom(RoomID(1), recent: 0).span.lastSeq == Int64(round) + 1)
            }
            #expect(await database.isAvailable)
        }
    }

    @Test func statementPastItsDeadlineEndsTheConnection() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        let connection = try await PostgresConnection.open(ConnectionOptions(url: url, applicationName: "test"))
        await #expect(throws: PostgresError.connectionLost(PostgresConnection.deadlinePassed)) {
            _ = try await connection.run(.once("select pg_sleep(60)"), within: .milliseconds(50))
        }
        await #expect(throws: PostgresError.self) { _ = try await connection.run(.ping) }
    }

    @Test func serverThatSaysNothingIsGivenUp() async throws {
        // The kernel completes connections to a listening socket that nobody accepts from.
        let listener = try SilentListener()
        let options = try ConnectionOptions(
            url: "host=127.0.0.1 port=\(listener.port) sslmode=disable", applicationName: "test")
        await #expect(throws: PostgresError.connectionLost(PostgresConnection.deadlinePassed)) {
            _ = try await PostgresConnection.open(options, within: .milliseconds(100))
        }
    }

    @Test func silenceIsNoticedAlsoWhenNobodyAsks() async throws {
        let proxy = try await FaultProxy.start(before: PostgresFixture.shared.database())
        try await withDatabase(url: proxy.url) { database, _ in
            try await proxy.openHole()
            let began = ContinuousClock.now
            while await database.isAvailable { try await Task.sleep(for: .milliseconds(50)) }
            #expect(began.duration(to: .now) < .seconds(20))
            try await proxy.closeHole()
            try await database.waitUntilAvailable(within: .seconds(20))
        }
        try await proxy.stop()
    }

    @Test func statementThatIsGivenUpDoesNotWaitOnInTheDatabase() async throws {
        try await withDatabase { database, sql in
            let batch = Batch.of([1: ["a"]])
            let locking = Task { try await sql.run("begin; lock table rooms; select pg_sleep(60)") }
            let isLocked = """
                select count(*) from pg_locks
                where database = (select oid from pg_database where datname = current_database())
                    and relation = 'rooms'::regclass and mode = 'AccessExclusiveLock' and granted
                """
            while try await sql.run(isLocked) != ["1"] {}
            await #expect(throws: StoreError.self) { _ = try await database.append(batch) }
            let waiting = """
                select count(*) from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock'
                """
            #expect(try await sql.run(waiting) == ["0"])
            try await sql.run(
                """
                select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and wait_event = 'PgSleep'
                """)
            _ = try? await locking.value
            #expect(try await database.append(batch).bases == [0])
        }
    }

    @Test func refusedStatementLeavesTheConnectionUsable() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        let connection = try await PostgresConnection.open(ConnectionOptions(url: url, applicationName: "test"))
        await #expect(throws: PostgresError.self) { _ = try await connection.run(.once("select 1/0")) }
        #expect(try await connection.run(.ping).integer(0, 0, as: Int32.self) == 1)
        await connection.close()
    }

    @Test func carriesLargeParametersAndRows() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        let connection = try await PostgresConnection.open(ConnectionOptions(url: url, applicationName: "test"))
        let text = String(repeating: "0123456789abcdef", count: 1 << 20)
        let result = try await connection.run(.once("select $1"), [.text(text)])
        #expect(result.text(0, 0) == text)
        await connection.close()
    }

    @Test func unreachableDatabaseIsUnavailableAtOnce() async throws {
        let database = try Database(url: "host=/nonexistent", size: 2, logger: Logger(label: "test"))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await database.run() }
            await #expect(throws: StoreError.self) { _ = try await database.append(.of([1: ["a"]])) }
            await #expect(throws: StoreError.self) { _ = try await database.session(key: "1") }
            #expect(await !database.isAvailable)
            group.cancelAll()
        }
    }

    @Test func serverRoleNeedsNoMoreThanItsGrants() async throws {
        let url = try await PostgresFixture.shared.database()
        try await SQL(url).run(
            """
            do $$ begin create role chat_server login; exception when duplicate_object then null; end $$;
            grant select, insert, delete on sessions to chat_server;
            grant select, insert, update on rooms, chat_epoch to chat_server;
            grant select, insert, update (message, edited_seq, deleted_seq, changed_seq) on log to chat_server;
            grant select, insert, update (message) on changes to chat_server;
            grant select, insert, delete on reactions to chat_server;
            grant select, insert, update, delete on reaction_totals, restrictions, room_rules to chat_server;
            grant insert on moderation_events to chat_server;
            grant select, insert, update, delete on log_writers to chat_server;
            grant select, insert, delete on inbox to chat_server;
            grant insert on inbox_rejected to chat_server;
            grant select on roomcast_migrations to chat_server;
            """)
        try await withDatabase(url: url.replacing("user=postgres", with: "user=chat_server")) { database, _ in
            try await database.createSession(key: "k", userName: "Ann", room: RoomID(1))
            #expect(try await database.session(key: "k") != nil)
            _ = try await database.append(.of([1: ["a"]], ids: ["a": "1"]))
            try await SQL(url).run("select new_message(1, null, 'SQL', 'b')")
            #expect(try await database.drained().count == 1)
            #expect(
                try await database.change(
                    .of(1, .edit(text: "b")), .of(1, .react(emoji: "x", isOn: true)), .of(1, .edit(text: "c"), id: "2"),
                    .of(1, .delete)
                ).last == .stored(seq: 6))
            try await SQL(url).run(
                "select edit_message(1, 2, 'x'), mute(1, 'Bob', null), freeze(1, false), kick('Bob')")
            #expect(try await database.drainInbox(limit: 9, bytes: 99).runs.map(\.through) == [7])
            #expect(try await database.openRoom(RoomID(1), recent: 9).recent.count == 2)
            #expect(try await database.revokeSession("k") == .revoked)
        }
    }
}
