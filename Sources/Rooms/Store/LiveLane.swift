internal import CoreMetrics
internal import Logging

/// Stores members' messages, batch after batch. Runs on the executor of the store, so that a batch needs no thread
/// switch between the queue and the connection.
actor LiveLane {
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private nonisolated let executor: any SerialExecutor
    private let queue: MessageQueue
    private let writer: BatchWriter
    private let publisher: Publisher
    private let limits: RoomLimits

    init(
        queue: MessageQueue, writer: BatchWriter, publisher: Publisher, limits: RoomLimits,
        executor: any SerialExecutor
    ) {
        self.queue = queue
        self.writer = writer
        self.publisher = publisher
        self.limits = limits
        self.executor = executor
    }

    /// Stores until the queue is closed and no messages of this lane wait. One batch is broadcast while the next is
    /// stored.
    func run() async {
        var unsettled = 0
        while await queue.live.wait() {
            while let batch = queue.takeLive() {
                let outcome = await writer.store(batch)
                queue.liveEnded(batch, outcome)
                publisher.publish(outcome)
                unsettled += 1
                guard unsettled >= limits.undeliveredBatchesMax else { continue }
                await publisher.settle()
                unsettled = 0
            }
        }
    }
}
