internal import CoreMetrics
internal import Synchronization

/// The messages that members have sent and that are not yet broadcast or refused.
///
/// Messages that arrive while one batch is being stored form the next batch. This is group commit (DeWitt et al., 1984,
/// section 3): no timer, a single message at low load, a full batch under load. The lanes take batches and report their
/// outcome. A room is in one lane at a time, so its commits keep their order.
public final class MessageQueue: Sendable {
    private struct State {
        var drafts: DraftQueue
        var isClosed = false
        var inboxRang = false
        var flushing: [(room: RoomID, waiting: CheckedContinuation<Void, Never>)] = []

        mutating func flushed() -> [CheckedContinuation<Void, Never>] {
            guard !flushing.isEmpty else { return [] }
            let ready = flushing.filter { drafts.isFinished($0.room) }.map(\.waiting)
            flushing.removeAll { drafts.isFinished($0.room) }
            return ready
        }
    }

    private let state: Mutex<State>
    private let metrics: RoomMetrics
    /// Set when the live lane has work.
    let live = Signal()
    /// Set when the slow lane has work: messages of slow rooms, or of the inbox.
    let slow = Signal()
    /// The changes of earlier messages; they are stored apart from messages.
    let changes: ChangeQueue

    /// An empty queue.
    init(limits: RoomLimits, metrics: RoomMetrics) {
        state = Mutex(State(drafts: DraftQueue(limits: limits)))
        self.metrics = metrics
        changes = ChangeQueue(limits: limits, metrics: metrics)
    }

    /// Queues a member's messages; false if the queue is full or closed, and nothing was queued. From any isolation.
    func submit(_ drafts: [Draft], from sender: any Member, in room: Room) -> Bool {
        let submission = DraftQueue.Submission(room: room, sender: sender, drafts: drafts, receivedAt: .now)
        let (taken, wakesLive, wakesSlow) = state.withLock { state in
            let (hadLive, hadSlow) = (state.drafts.hasLive, state.drafts.hasSlow)
            guard !state.isClosed, state.drafts.append(submission) else { return (false, false, false) }
            return (true, !hadLive && state.drafts.hasLive, !hadSlow && state.drafts.hasSlow)
        }
        if wakesLive { live.set() }
        if wakesSlow { slow.set() }
        if !taken { metrics.messagesUnavailable.increment(by: drafts.count) }
        return taken
    }

    /// Records that SQL clients have put messages into the inbox. From any isolation.
    func inboxRang() {
        state.withLock { $0.inboxRang = true }
        slow.set()
    }

    /// Whether everything submitted is stored and broadcast, or refused. From any isolation.
    public var isIdle: Bool { state.withLock { $0.drafts.isFinished } }

    /// Returns when everything submitted before in a room is stored and broadcast, or refused.
    public func flush(_ room: RoomID) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let ready = state.withLock { state in
                state.flushing.append((room, continuation))
                return state.flushed()
            }
            for waiting in ready { waiting.resume() }
        }
    }

    /// Closes the queue for new messages and changes. The lanes end when everything queued before is stored or refused.
    public func close() {
        state.withLock { state in
            state.isClosed = true
            state.drafts.close()
        }
        live.end()
        changes.close()
    }

    /// Whether the room has messages that are neither broadcast nor refused.
    func isWaiting(for room: RoomID) -> Bool { state.withLock { !$0.drafts.isFinished(room) } }

    /// Records how many messages of each room have been broadcast or refused.
    func finished(_ counts: some Sequence<(room: RoomID, count: Int)>) {
        let flushed = state.withLock { state in
            for (room, count) in counts { state.drafts.finished(count, in: room) }
            return state.flushed()
        }
        for waiting in flushed { waiting.resume() }
    }

    // MARK: - For the live lane

    /// The next batch of the live lane; nil if nothing waits.
    func takeLive() -> StoringBatch? {
        state.withLock { state in
            let batch = state.drafts.takeLive()
            metrics.queueMessages.record(state.drafts.messageCount)
            metrics.queueBytes.record(state.drafts.byteCount)
            return batch
        }
    }

    /// Records the outcome of a batch of the live lane.
    func liveEnded(_ batch: StoringBatch, _ outcome: BatchWriter.Outcome) {
        let hasSlow = state.withLock { state in
            if outcome.timedOut.isEmpty {
                state.drafts.liveStored(batch, in: outcome.slowest)
            } else {
                state.drafts.liveTimedOut(outcome.timedOut)
            }
            metrics.slowRooms.record(state.drafts.slowRoomCount)
            return state.drafts.hasSlow
        }
        if hasSlow { slow.set() }
    }

    // MARK: - For the slow lane

    /// Whether the inbox must be drained; false if the queue is closed.
    func takeInboxRing() -> Bool { state.withLock { exchange(&$0.inboxRang, with: false) && !$0.isClosed } }

    /// The next batch of the slow lane; nil if nothing waits.
    func takeSlow() -> StoringBatch? { state.withLock { $0.drafts.takeSlow() } }

    /// Records that the database did not finish a batch of the slow lane in time.
    ///
    /// - Returns: nil if the batch waits again; else the messages that wait behind it in its room, which are given up
    ///   too.
    func slowTimedOut(_ batch: StoringBatch) -> [DraftQueue.Submission]? {
        state.withLock { $0.drafts.slowTimedOut(batch) }
    }

    /// Records the outcome of a batch of the slow lane. Its time-outs were reported to `slowTimedOut` before.
    func slowEnded(_ batch: StoringBatch, _ outcome: BatchWriter.Outcome) {
        let hasLive = state.withLock { state in
            if outcome.timedOut.isEmpty { state.drafts.slowStored(batch, in: outcome.slowest) }
            metrics.slowRooms.record(state.drafts.slowRoomCount)
            return state.drafts.hasLive
        }
        if hasLive { live.set() }
    }
}
