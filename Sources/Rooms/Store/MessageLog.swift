internal import CoreMetrics
internal import Logging
internal import Synchronization

/// The way of all messages into the store: whatever gathers while one batch is in flight makes the next one.
///
/// That is group commit (DeWitt et al., 1984, section 3): no timer, a single message at low load, a full batch under
/// load. Each lane of the `DraftQueue` has one writer, and a room is in one lane at a time: so the commits of a room
/// keep their order. The inbox of SQL clients shares the slow lane, in turn.
public final class MessageLog: Sendable {
    private struct State {
        var queue: DraftQueue
        var isClosed = false
        var inboxRang = false
        var flushing: [(room: RoomID, waiting: CheckedContinuation<Void, Never>)] = []

        mutating func flushed() -> [CheckedContinuation<Void, Never>] {
            guard !flushing.isEmpty else { return [] }
            let ready = flushing.filter { queue.isFinished($0.room) }.map(\.waiting)
            flushing.removeAll { queue.isFinished($0.room) }
            return ready
        }
    }

    private typealias Signal = (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)

    private let state: Mutex<State>
    private let live: Signal
    private let slow: Signal
    private let liveWriter: BatchWriter
    private let slowWriter: BatchWriter
    private let store: any MessageStore
    private let doorbell: Doorbell
    private let limits: RoomLimits
    private let metrics: RoomMetrics
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let settle: @Sendable () async -> Void

    /// An empty log.
    ///
    /// - Parameter settle: returns when everything delivered so far has reached the sockets' queues.
    init(
        store: any MessageStore, doorbell: Doorbell, limits: RoomLimits, metrics: RoomMetrics, logger: Logger,
        clock: any Clock<Duration>, settle: @escaping @Sendable () async -> Void
    ) {
        state = Mutex(State(queue: DraftQueue(limits: limits)))
        live = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        slow = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        liveWriter = BatchWriter(lane: .live, store: store, metrics: metrics, logger: logger, clock: clock)
        slowWriter = BatchWriter(lane: .slow, store: store, metrics: metrics, logger: logger, clock: clock)
        self.store = store
        self.doorbell = doorbell
        self.limits = limits
        self.metrics = metrics
        self.logger = logger
        self.clock = clock
        self.settle = settle
    }

    /// Queues what a member said; false if the queue is full or closed, and nothing was taken. From any isolation.
    func submit(_ drafts: [Draft], from sender: any Member, in room: Room) -> Bool {
        let submission = DraftQueue.Submission(room: room, sender: sender, drafts: drafts, receivedAt: .now)
        let taken = state.withLock { state in
            let (hadLive, hadSlow) = (state.queue.hasLive, state.queue.hasSlow)
            guard !state.isClosed, state.queue.append(submission) else { return false }
            // Inside the lock, so that `close` cannot come between taking and waking.
            if state.queue.hasLive, !hadLive { live.continuation.yield() }
            if state.queue.hasSlow, !hadSlow { slow.continuation.yield() }
            return true
        }
        if !taken { metrics.messagesUnavailable.increment(by: drafts.count) }
        return taken
    }

    /// SQL clients have put messages into the inbox. From any isolation.
    func inboxRang() {
        state.withLock { $0.inboxRang = true }
        slow.continuation.yield()
    }

    /// Whether everything submitted is stored and shown, or refused. From any isolation.
    public var isIdle: Bool { state.withLock { $0.queue.isFinished } }

    /// Returns when everything submitted before in a room is stored and shown, or refused.
    public func flush(_ room: RoomID) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let ready = state.withLock { state in
                state.flushing.append((room, continuation))
                return state.flushed()
            }
            for waiting in ready { waiting.resume() }
        }
    }

    /// Takes nothing more; `run` returns when everything taken before is stored and shown.
    public func close() {
        state.withLock { state in
            state.isClosed = true
            state.queue.close()
            live.continuation.finish()
        }
    }

    func isWaiting(for room: RoomID) -> Bool { state.withLock { !$0.queue.isFinished(room) } }

    /// Stores and shows until closed.
    ///
    /// - Parameter directory: the rooms to which inbox messages go.
    func run(showing directory: RoomDirectory) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.runSlow(showing: directory) }
            await runLive()
            // Nothing comes to the slow lane any more; what is there is stored first.
            slow.continuation.yield()
            slow.continuation.finish()
        }
        await settle()
    }

    /// One batch is shown while the next one is being stored.
    private func runLive() async {
        var unsettled = 0
        for await _ in live.stream {
            var shown: BatchWriter.Outcome?
            while true {
                let next = takeLive()
                guard shown != nil || next != nil else { break }
                async let stored = storeLive(next)
                if let outcome = shown.take() {
                    await show(outcome, by: liveWriter)
                    unsettled += 1
                }
                shown = await stored
                if unsettled >= limits.undeliveredBatchesMax {
                    await settle()
                    unsettled = 0
                }
            }
        }
    }

    private func takeLive() -> StoringBatch? {
        state.withLock { state in
            let batch = state.queue.takeLive()
            metrics.queueMessages.record(state.queue.messageCount)
            metrics.queueBytes.record(state.queue.byteCount)
            return batch
        }
    }

    private func storeLive(_ batch: StoringBatch?) async -> BatchWriter.Outcome? {
        guard let batch else { return nil }
        let outcome = await liveWriter.store(batch)
        state.withLock { state in
            for tooSlow in outcome.timedOut { state.queue.liveTimedOut(tooSlow) }
            if outcome.timedOut.isEmpty { state.queue.liveStored(batch, in: outcome.slowest) }
            metrics.slowRooms.record(state.queue.slowRoomCount)
            if state.queue.hasSlow { slow.continuation.yield() }
        }
        return outcome
    }

    /// Stores the batches of slow rooms and of the inbox, in turn.
    private func runSlow(showing directory: RoomDirectory) async {
        var inbox = InboxDrain(
            store: store, doorbell: doorbell, directory: directory, limits: limits, metrics: metrics, logger: logger,
            clock: clock)
        for await _ in slow.stream {
            var isMore = true
            while isMore, !Task.isCancelled {
                isMore = false
                if state.withLock({ exchange(&$0.inboxRang, with: false) && !$0.isClosed }), await inbox.next() {
                    state.withLock { $0.inboxRang = true }
                    isMore = true
                }
                if let batch = state.withLock({ $0.queue.takeSlow() }) {
                    await storeSlow(batch)
                    isMore = true
                }
            }
        }
    }

    private func storeSlow(_ batch: StoringBatch) async {
        var outcome = await slowWriter.store(batch)
        for tooSlow in outcome.timedOut {
            guard let untried = state.withLock({ $0.queue.slowTimedOut(tooSlow) }) else { continue }
            giveUp(tooSlow, .notStored, "the database did not store this message in time; it is not stored")
            outcome.refused.append(tooSlow)
            logger.notice("message_not_stored", metadata: ["sqlstate": "57014"])
            guard let untried = StoringBatch(untried) else { continue }
            giveUp(untried, .unavailable, "the database is too slow in this room: the message is not stored, try again")
            outcome.refused.append(untried)
        }
        state.withLock { state in
            if outcome.timedOut.isEmpty { state.queue.slowStored(batch, in: outcome.slowest) }
            if state.queue.hasLive { live.continuation.yield() }
            metrics.slowRooms.record(state.queue.slowRoomCount)
        }
        await show(outcome, by: slowWriter)
    }

    private func giveUp(_ batch: StoringBatch, _ code: WireError.Code, _ detail: String) {
        for entry in batch.groups.flatMap(\.entries) { slowWriter.refuse(entry, code, detail) }
    }

    private func show(_ outcome: BatchWriter.Outcome, by writer: BatchWriter) async {
        var news: [RoomPosition] = []
        for stored in outcome.stored {
            for (group, outcome) in zip(stored.batch.groups, stored.outcomes()) {
                let run = outcome.run
                if run.through > run.after {
                    news.append(RoomPosition(room: group.room.id, seq: run.through))
                    await group.room.committed(run, askedAt: stored.askedAt, receivedAt: group.receivedAt)
                }
                for entry in outcome.dropped {
                    writer.refuse(entry, .notStored, "the database dropped this message; it is not stored")
                }
                if !outcome.repeated.isEmpty { await group.room.repeated(outcome.repeated) }
            }
        }
        doorbell.committed(news)
        finish(outcome.stored.map(\.batch) + outcome.refused)
    }

    /// The messages of these batches have been shown or refused.
    private func finish(_ batches: [StoringBatch]) {
        let flushed = state.withLock { state in
            for group in batches.flatMap(\.groups) {
                state.queue.finished(group.entries.count, in: group.room.id)
            }
            return state.flushed()
        }
        for waiting in flushed { waiting.resume() }
    }
}
