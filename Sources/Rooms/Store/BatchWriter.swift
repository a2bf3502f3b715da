internal import CoreMetrics
internal import Logging
internal import Synchronization

/// Writes the batches of one lane to the store, one after another. Retries each until its outcome is known.
final class BatchWriter: Sendable {
    /// The outcome of a batch.
    struct Outcome {
        /// What was committed: the batch, or the parts of it that the database accepted.
        var stored: [StoredBatch] = []
        /// What was refused or given up. The senders have received an error, unless the task was cancelled at shutdown.
        var refused: [StoringBatch] = []
        /// What the database did not finish in time; none of it is stored.
        var timedOut: [StoringBatch] = []
        /// The longest time that one transaction took.
        var slowest: Duration = .zero
    }

    /// The outcome of an earlier attempt, once it is known.
    private enum Settlement {
        case committed
        case notCommitted
        case unknown
        case cancelled
    }

    /// The maximum number of attempts to settle a batch while the database rejects them.
    private static let settlesMax = 10

    private let lane: BatchID.Lane
    private let store: any MessageStore
    private let metrics: RoomMetrics
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let number = Atomic<Int64>(0)

    init(
        lane: BatchID.Lane, store: any MessageStore, metrics: RoomMetrics, logger: Logger, clock: any Clock<Duration>
    ) {
        self.lane = lane
        self.store = store
        self.metrics = metrics
        self.logger = logger
        self.clock = clock
    }

    /// Stores a batch; retries as long as the store cannot be reached. A batch that the database rejects is halved
    /// until the rejected message is alone. One call at a time.
    func store(_ batch: StoringBatch) async -> Outcome {
        var outcome = Outcome()
        await store(batch, into: &outcome)
        return outcome
    }

    private func store(_ batch: StoringBatch, into outcome: inout Outcome) async {
        let request = batch.batch(BatchID(lane: lane, number: number.add(1, ordering: .relaxed).newValue))
        var attempts = 0
        var isRenamed = false
        while true {
            let askedAt = ContinuousClock.now
            let elapsed = clock.stopwatch()
            do throws(StoreError) {
                let receipt = try await store.append(request)
                // After an outage the time includes opening a new connection.
                if attempts == 0 { outcome.slowest = max(outcome.slowest, elapsed()) }
                committed(batch, receipt, askedAt: askedAt)
                return outcome.stored.append(StoredBatch(batch, receipt, askedAt: askedAt))
            } catch {
                switch error {
                case .unavailable(let reason):
                    if attempts == 0 { logger.log(.notice, .storeWaiting, ["reason": "\(reason)"]) }
                    attempts += 1
                    // Cancelled at shutdown: the clients are not connected any more and cannot receive an error.
                    guard await pause(beforeAttempt: attempts) else { return outcome.refused.append(batch) }
                case .rejected:
                    // The outcome of an earlier attempt is unknown: it may have committed or may still commit.
                    switch attempts > 0 ? await settle(request.id) : .notCommitted {
                    case .notCommitted: return await divide(batch, error, into: &outcome)
                    case .committed: continue
                    case .unknown: return refuseUnknown(batch, into: &outcome)
                    case .cancelled: return outcome.refused.append(batch)
                    }
                case .forgotten:
                    // No earlier attempt can have stored it, so it can be stored under a new identifier of the writer.
                    if attempts == 0, !isRenamed {
                        isRenamed = true
                        continue
                    }
                    return refuseUnknown(batch, into: &outcome)
                }
            }
        }
    }

    private func committed(_ batch: StoringBatch, _ receipt: Receipt, askedAt: ContinuousClock.Instant) {
        let stored = batch.messageCount - receipt.duplicates.count - receipt.dropped.count
        metrics.commitSeconds.recordNanoseconds((ContinuousClock.now - askedAt).nanoseconds)
        metrics.batchMessages.record(batch.messageCount)
        metrics.messagesStored.increment(by: max(0, stored))
    }

    /// Handles a rejected batch, of which nothing is stored.
    private func divide(_ batch: StoringBatch, _ error: StoreError, into outcome: inout Outcome) async {
        guard !error.isTimeout else {
            metrics.batchesTimedOut.increment()
            return outcome.timedOut.append(batch)
        }
        let halves = batch.halves()
        for half in halves {
            // A room's messages keep their order: none is stored while earlier ones wait.
            if outcome.timedOut.contains(where: { $0.hasRoom(of: half) }) {
                outcome.timedOut.append(half)
            } else {
                await store(half, into: &outcome)
            }
        }
        guard halves.isEmpty, case .rejected(let code, _) = error else { return }
        batch.refuse(.notStored, "the database refused this message (\(code)); it is not stored", metrics)
        outcome.refused.append(batch)
        logger.log(.notice, .messageNotStored, ["sqlstate": "\(code)"])
    }

    /// Finds out whether an earlier attempt was committed; retries as long as the store cannot be reached.
    private func settle(_ id: BatchID) async -> Settlement {
        var attempts = 0
        while true {
            do throws(StoreError) {
                return try await store.settle(id) ? .committed : .notCommitted
            } catch {
                if error == .forgotten { return .unknown }
                attempts += 1
                if case .rejected = error, attempts >= Self.settlesMax { return .unknown }
                guard await pause(beforeAttempt: attempts) else { return .cancelled }
            }
        }
    }

    /// Waits, longer with each attempt, up to one second; false if cancelled.
    private func pause(beforeAttempt attempt: Int) async -> Bool {
        (try? await clock.sleep(for: .milliseconds(min(1000, 25 << min(attempt, 6))))) != nil
    }

    private func refuseUnknown(_ batch: StoringBatch, into outcome: inout Outcome) {
        let detail = "whether this message is stored is not known: send it again with the same id"
        batch.refuse(.unavailable, detail, metrics)
        outcome.refused.append(batch)
    }
}
