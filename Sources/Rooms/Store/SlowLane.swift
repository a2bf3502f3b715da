internal import CoreMetrics
internal import Logging

/// Stores the batches of slow rooms and of the inbox, in turn. Runs on the executor of the store.
actor SlowLane {
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private nonisolated let executor: any SerialExecutor
    private let queue: MessageQueue
    private let writer: BatchWriter
    private let publisher: Publisher
    private var inbox: InboxDrain
    private let metrics: RoomMetrics
    private let logger: Logger

    init(
        queue: MessageQueue, writer: BatchWriter, publisher: Publisher, inbox: InboxDrain, metrics: RoomMetrics,
        logger: Logger, executor: any SerialExecutor
    ) {
        self.queue = queue
        self.writer = writer
        self.publisher = publisher
        self.inbox = inbox
        self.metrics = metrics
        self.logger = logger
        self.executor = executor
    }

    /// Stores until the queue's signal for this lane has ended and no messages of this lane wait.
    func run() async {
        while await queue.slow.wait() {
            var isMore = true
            while isMore, !Task.isCancelled {
                isMore = false
                if queue.takeInboxRing(), await drainInbox() {
                    queue.inboxRang()
                    isMore = true
                }
                if let batch = queue.takeSlow() {
                    await store(batch)
                    isMore = true
                }
            }
        }
    }

    private func drainInbox() async -> Bool {
        var inbox = inbox
        let isMore = await inbox.next()
        self.inbox = inbox
        return isMore
    }

    private func store(_ batch: StoringBatch) async {
        var outcome = await writer.store(batch)
        // The last one first: each is put before those that wait.
        for tooSlow in outcome.timedOut.reversed() {
            guard let untried = queue.slowTimedOut(tooSlow) else { continue }
            tooSlow.refuse(
                .notStored, "the database did not store this message in time; it is not stored", metrics)
            outcome.refused.append(tooSlow)
            logger.log(.notice, .messageNotStored, ["sqlstate": "57014"])
            guard let untried = StoringBatch(untried) else { continue }
            untried.refuse(
                .unavailable, "the database is too slow in this room: the message is not stored, try again", metrics)
            outcome.refused.append(untried)
        }
        queue.slowEnded(batch, outcome)
        publisher.publish(outcome)
    }
}
