internal import CoreMetrics

/// Answers repeated sends whose original is stored but no longer in memory. It reads the log, one message at a time,
/// while new messages are stored and broadcast.
final class RepeatedSends: Sendable {
    private let sends: AsyncStream<StoringBatch.Repeat>
    private let sender: AsyncStream<StoringBatch.Repeat>.Continuation
    private let queue: MessageQueue
    private let metrics: RoomMetrics

    init(queue: MessageQueue, limits: RoomLimits, metrics: RoomMetrics) {
        (sends, sender) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(limits.repeatsWaitingMax))
        self.queue = queue
        self.metrics = metrics
    }

    /// Queues a repeated send; if the queue is full, refuses it with `unavailable` and returns false. From any
    /// isolation.
    func answer(_ repeated: StoringBatch.Repeat) -> Bool {
        guard case .enqueued = sender.yield(repeated) else {
            metrics.repeatsFull.increment()
            refuse(repeated, .unavailable, "this message is stored but cannot be read now: send it again")
            return false
        }
        return true
    }

    /// Answers queued sends until cancelled.
    func run() async {
        for await repeated in sends {
            do throws(StoreError) {
                if let original = try await repeated.room.message(repeated.seq) {
                    repeated.entry.sender.sendAgain(original)
                } else {
                    refuse(repeated, .notStored, "this message was stored before and has been removed since")
                }
            } catch {
                refuse(repeated, .unavailable, "this message is stored but cannot be read now: send it again")
            }
            queue.finished(CollectionOfOne((room: repeated.room.id, count: 1)))
        }
    }

    private func refuse(_ repeated: StoringBatch.Repeat, _ code: WireError.Code, _ detail: String) {
        repeated.entry.refuse(code, detail, metrics)
    }
}
