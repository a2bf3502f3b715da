public import Logging
public import Rooms

/// The rooms' and sessions' home in PostgreSQL.
///
/// `size` connections in all answer calls: one for `append`, which takes one batch after another, the others for
/// everything else, of which all but one read pages of messages; one more listens. They are kept by `run()`; without it, calls wait. Safe from any task. A call ends
/// within about `DBLimits.queryDeadline` for each attempt, also when its task is cancelled: what was sent is not unsent.
public final class Database: Sendable {
    /// What the database tells by itself; for one reader.
    public var events: AsyncStream<StoreEvent> { queue.events }

    let readers: PostgresPool
    let writer: PostgresPool
    let gate: SessionGate
    let metrics: DBMetrics
    /// Names this process among those that share the database.
    let token: String
    private let listener: EventListener
    private let queue: StoreEventQueue

    /// A database that connects in `run()`.
    ///
    /// - Parameters:
    ///   - url: any libpq connection string or URI, handed to libpq as it is.
    ///   - size: connections for calls, at least 2.
    /// - Throws: `StoreError.unavailable` when `url` is no connection string; the error does not quote it.
    public convenience init(url: String, size: Int, logger: Logger) throws(StoreError) {
        try self.init(url: url, size: size, logger: logger, metrics: DBMetrics())
    }

    init(url: String, size: Int, logger: Logger, metrics: DBMetrics) throws(StoreError) {
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
            name: "chat", size: max(1, size - 1), options: options, logger: logger, metrics: metrics)
        writer = PostgresPool(name: "chat-writer", size: 1, options: options, logger: logger, metrics: metrics)
        gate = SessionGate(pool: readers, metrics: metrics)
        queue = StoreEventQueue(metrics: metrics)
        listener = EventListener(options: listenOptions, queue: queue, token: token, logger: logger)
    }

    /// Keeps the connections until the task is cancelled; calls after that are refused as unavailable.
    public func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.readers.run() }
            group.addTask { await self.writer.run() }
            group.addTask { await self.listener.run() }
            group.addTask { await self.forgetReceipts() }
        }
    }

    /// Whether messages can be read and stored now, as far as is known.
    public var isAvailable: Bool {
        get async {
            guard await writer.isOpen else { return false }
            return await readers.isOpen
        }
    }

    /// Returns as soon as the database answers on both sides, reading and writing.
    ///
    /// - Throws: `StoreError.unavailable` after `limit`, or when the task is cancelled.
    public func waitUntilAvailable(within limit: Duration) async throws(StoreError) {
        let deadline = ContinuousClock.now + limit
        while true {
            do throws(StoreError) {
                _ = try await readers.run(.ping, [], isRepeatable: true)
                _ = try await writer.run(.ping, [], isRepeatable: true)
                return
            } catch {
                guard ContinuousClock.now < deadline, !Task.isCancelled else { throw error }
            }
            // Cancellation is seen above, after the next try.
            try? await Task.sleep(for: DBLimits.availabilityCheckInterval)
        }
    }

    private func forgetReceipts() async {
        while !Task.isCancelled {
            // Cancellation ends the pause, and the loop with it.
            try? await Task.sleep(for: DBLimits.receiptCleanupInterval)
            guard !Task.isCancelled else { return }
            // What is not forgotten now is forgotten a minute later.
            _ = try? await readers.run(
                .forgetBatches,
                [.integer(Int32(clamping: DBLimits.receiptLifetimeSeconds)), .integer(DBLimits.receiptsPerCleanupMax)],
                isRepeatable: true)
        }
    }
}
