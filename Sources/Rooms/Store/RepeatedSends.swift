internal import CoreMetrics

/// Answers sends that had been stored before and are not in memory any more: with a read of the log, one at a time, while
/// new messages are stored and shown.
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

    /// Takes a send that is to be answered; false if it was told to come again, because too many wait. From any isolation.
    func answer(_ repeated: StoringBatch.Repeat) -> Bool {
        guard case .enqueued = sender.yield(repeated) else {
            metrics.repeatsFull.increment()
            refuse(repeated, .unavailable, "this message is stored but cannot be read now: send it again")
            return false
        }
        return true
    }

    /// Answers until cancelled.
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
