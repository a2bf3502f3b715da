import CoreMetrics
import Logging
import MetricsTestKit
import Rooms
import Synchronization
import TestKit
import Testing

@testable import DB

/// What waits for what in a pool, with connections and without.
@Suite(.timeLimit(.minutes(2)))
struct PoolTests {
    private let metrics = TestMetrics()
    private let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    @Test func loginsAndNewsDoNotWaitForPagesOfMessages() async throws {
        let url = try await PostgresFixture.shared.database()
        let sql = SQL(url)
        let database = try Database(url: url, size: 4, logger: logger, metrics: DBMetrics(factory: metrics))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await database.run() }
            try await database.waitUntilAvailable(within: .seconds(20))
            try await database.createSession(key: "k", userName: "ann", room: RoomID(1))
            // Reads of pages wait for this lock; nothing else touches the table meanwhile.
            group.addTask { _ = try? await sql.run("begin; lock table log; select pg_sleep(60)") }
            while try await sql.run(Self.locks) != ["1"] {}
            let answered = Answers()
            try await withThrowingTaskGroup(of: Void.self) { pages in
                for _ in 0..<6 {
                    pages.addTask {
                        _ = try? await database.history(in: RoomID(1), before: 9, limit: 9, bytes: 99, view: .changes)
                        answered.count.add(1, ordering: .relaxed)
                    }
                }
                let waits = try metrics.expectCounter("roomcast_db_bulk_waits_total")
                while waits.totalValue < 4 { await Task.yield() }
                while try await sql.run(Self.waiting) != ["2"] {}
                #expect(try await database.session(key: "k")?.userName == "ann")
                #expect(try await database.epoch().isEmpty == false)
                #expect(answered.count.load(ordering: .relaxed) == 0)
                #expect(waits.totalValue == 4)
                try await sql.run(
                    """
                    select pg_terminate_backend(pid) from pg_stat_activity
                    where datname = current_database() and wait_event = 'PgSleep'
                    """)
                try await pages.waitForAll()
            }
            group.cancelAll()
        }
    }

    @Test(arguments: Urgency.allCases)
    func refusesAStatementThatFindsTheQueueOfItsClassFull(_ urgency: Urgency) async throws {
        let options = try ConnectionOptions(url: "host=/nowhere", applicationName: "test")
        let pool = PostgresPool(
            name: "test", size: 1, options: options, schema: DatabaseSchema(name: "public"), logger: logger,
            metrics: DBMetrics(factory: metrics))
        let full = try metrics.expectCounter("roomcast_db_pool_full_total", [("class", urgency.rawValue)])
        let waitersMax = urgency == .urgent ? DBLimits.poolUrgentWaitersMax : DBLimits.poolBulkWaitersMax
        await withTaskGroup(of: Void.self) { group in
            for _ in 0...waitersMax {
                group.addTask { _ = try? await pool.run(.ping, [], as: urgency, isRepeatable: true) }
            }
            while full.totalValue == 0 { await Task.yield() }
            #expect(full.totalValue == 1)
            // A pool that ends refuses those that wait.
            group.cancelAll()
            group.addTask { await pool.run() }
        }
    }

    private final class Answers: Sendable {
        let count = Atomic(0)
    }

    private static let locks = """
        select count(*) from pg_locks
        where database = (select oid from pg_database where datname = current_database())
            and relation = 'log'::regclass and mode = 'AccessExclusiveLock' and granted
        """

    private static let waiting = """
        select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
        """
}
