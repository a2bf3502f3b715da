internal import CoreMetrics
internal import Logging

/// Takes the messages that SQL clients sent with `new_message()` out of the inbox, in bounded batches. Used by one
/// task.
struct InboxDrain {
    private let store: any MessageStore
    private let doorbell: Doorbell
    private let directory: RoomDirectory
    private let limits: RoomLimits
    private let metrics: RoomMetrics
    private let logger: Logger
    private let clock: any Clock<Duration>
    private var size: BatchSize

    init(
        store: any MessageStore, doorbell: Doorbell, directory: RoomDirectory, limits: RoomLimits, metrics: RoomMetrics,
        logger: Logger, clock: any Clock<Duration>
    ) {
        self.store = store
        self.doorbell = doorbell
        self.directory = directory
        self.limits = limits
        self.metrics = metrics
        self.logger = logger
        self.clock = clock
        size = limits.inboxSize
    }

    /// Numbers, stores and broadcasts one batch; true if there may be more.
    ///
    /// If the store fails, notifications may be lost, so every room checks for missed messages.
    mutating func next() async -> Bool {
        let askedAt = ContinuousClock.now
        let elapsed = clock.stopwatch()
        let wanted = size.messagesMax
        do throws(StoreError) {
            let batch = try await store.drainInbox(limit: wanted, bytes: limits.inboxBytesMax)
            size.stored(batch.taken, in: elapsed())
            metrics.inboxMessages.increment(by: batch.taken)
            metrics.messagesStored.increment(by: batch.runs.reduce(0) { $0 + $1.messages.count })
            metrics.changesStored.increment(by: batch.runs.reduce(0) { $0 + $1.changes.count })
            doorbell.committed(batch.runs.map { RoomPosition(room: $0.room, seq: $0.through) })
            directory.committed(batch.runs, askedAt: askedAt)
            return batch.taken > 0
        } catch {
            if case .rejected = error, wanted > 1 {
                size.timedOut(wanted)
                return true
            }
            logger.log(.notice, .inboxWaiting, ["reason": "\(error.reason)"])
            await directory.resync()
            return false
        }
    }
}
