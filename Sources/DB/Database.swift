package import Logging
package import Rooms

/// The store of rooms and sessions in PostgreSQL.
///
/// `size` connections serve calls: one stores live batches, the others read; all but one of the readers also read pages
/// of messages. There are two more: one stores slow rooms and the inbox, one listens. `run()` keeps them open; without
/// it, calls wait. Safe from any task. A call ends within about `DBLimits.queryDeadline` for each attempt, also when
/// its task is cancelled: a statement that was sent is not recalled.
package final class Database: Sendable {
    /// The events that the database sends by itself; for one reader.
    package var events: AsyncStream<StoreEvent> { queue.events }

    /// The executor of all connections: one thread.
    package var executor: any SerialExecutor { PostgresLoop.shared }

    let readers: PostgresPool
    let writer: PostgresPool
    let slowWriter: PostgresPool
    let writers = LogWriters()
    let gate: SessionGate
    let metrics: DBMetrics
    /// Identifies this process among those that share the database.
    let token: String
    private let listener: EventListener
    private let queue: StoreEventQueue

    /// A database that connects in `run()`.
    ///
    /// - Parameters:
    ///   - url: any libpq connection string or URI, passed to libpq unchanged.
    ///   - schema: the schema of the tables, as `Migrator` has made it.
    ///   - size: connections for live batches and for reading, at least 2.
    /// - Throws: `StoreError.unavailable` if `url` is not a connection string; the error does not quote it.
    package convenience init(
        url: String, schema: String = DatabaseSchema.publicName, size: Int, logger: Logger
    ) throws(StoreError) {
        try self.init(url: url, schema: schema, size: size, logger: logger, metrics: DBMetrics())
    }

    init(
        url: String, schema: String = DatabaseSchema.publicName, size: Int, logger: Logger, metrics: DBMetrics
    ) throws(StoreError) {
        let schema = DatabaseSchema(name: schema)
        let options: ConnectionOptions
        let listenOptions: ConnectionOptions
        do throws(PostgresError) {
            options = try ConnectionOptions(url: url, applicationName: "chat")
            listenOptions = try ConnectionOptions(url: url, applicationName: "chat-listen")
        } catch {
            throw .unavailable(error.reason)
        }
        self.metrics = metrics
        token = String(UInt64.random(in: .min ... .max), radix: 36)
        readers = PostgresPool(
            name: "chat", size: max(1, size - 1), options: options, schema: schema, logger: logger,
            metrics: metrics)
        writer = PostgresPool(
            name: "chat-writer", size: 1, options: options, schema: schema, statementTimeout: DBLimits.batchTimeout,
            logger: logger, metrics: metrics)
        slowWriter = PostgresPool(
            name: "chat-slow", size: 1, options: options, schema: schema, statementTimeout: DBLimits.batchTimeout,
            logger: logger, metrics: metrics)
        gate = SessionGate(pool: readers, metrics: metrics)
        queue = StoreEventQueue(metrics: metrics)
        listener = EventListener(
            options: listenOptions, schema: schema, queue: queue, token: token, logger: logger)
    }

    /// Keeps the connections open until the task is cancelled; calls after that are refused as unavailable.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.readers.run() }
            group.addTask { await self.writer.run() }
            group.addTask { await self.slowWriter.run() }
            group.addTask { await self.gate.run() }
            group.addTask { await self.listener.run() }
        }
    }

    /// Whether messages can be read and stored now, as far as is known.
    package var isAvailable: Bool {
        get async {
            guard await writer.isOpen, await slowWriter.isOpen else { return false }
            return await readers.isOpen
        }
    }

    /// Returns when the database answers on the connections for reading and for writing.
    ///
    /// - Throws: `StoreError.unavailable` after `limit`, or when the task is cancelled.
    package func waitUntilAvailable(within limit: Duration) async throws(StoreError) {
        let deadline = ContinuousClock.now + limit
        while true {
            do throws(StoreError) {
                _ = try await readers.run(.ping, [], isRepeatable: true)
                _ = try await writer.run(.ping, [], isRepeatable: true)
                _ = try await slowWriter.run(.ping, [], isRepeatable: true)
                return
            } catch {
                guard ContinuousClock.now < deadline, !Task.isCancelled else { throw error }
            }
            // Cancellation is noticed above, after the next attempt.
            try? await Task.sleep(for: DBLimits.availabilityCheckInterval)
        }
    }
}
