internal import CoreMetrics
internal import Logging
internal import Synchronization

/// The way of all messages into the store: whatever gathers while one batch is in flight makes the next one.
///
/// That is group commit (DeWitt et al., 1984, section 3): no timer, a single message at low load, a full batch under
/// load. One writer a process keeps the commits of a room in order.
public final class MessageLog: Sendable {
    private struct State {
        var queue: DraftQueue
        var isClosed = false
        var inboxRang = false
        /// Submissions taken, and those of them that are stored and shown (or refused).
        var submitted = 0
        var shown = 0
        var flushing: [(until: Int, CheckedContinuation<Void, Never>)] = []

        mutating func flushed() -> [CheckedContinuation<Void, Never>] {
            let ready = flushing.filter { $0.until <= shown }.map(\.1)
            flushing.removeAll { $0.until <= shown }
            return ready
        }
    }

    private let state: Mutex<State>
    private let wake: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
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
        self.state = Mutex(State(queue: DraftQueue(limits: limits)))
        (self.wake, self.waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.store = store
        self.doorbell = doorbell
        self.clock = clock
        self.limits = limits
        self.metrics = metrics
        self.logger = logger
        self.settle = settle
    }

    /// Queues what a member said; false if the queue is full or closed, and nothing was taken. From any isolation.
    func submit(_ drafts: [Draft], from sender: any Member, in room: Room) -> Bool {
        let submission = DraftQueue.Submission(room: room, sender: sender, drafts: drafts, receivedAt: .now)
        let taken = state.withLock { state in
            let wasEmpty = state.queue.isEmpty
            guard !state.isClosed, state.queue.append(submission) else { return false }
            state.submitted += 1
            // Inside the lock, so that `close` cannot come between taking and waking.
            if wasEmpty { waker.yield() }
            return true
        }
        if !taken { metrics.messagesUnavailable.increment(by: drafts.count) }
        return taken
    }

    /// SQL clients have put messages into the inbox. From any isolation.
    func inboxRang() {
        state.withLock { $0.inboxRang = true }
        waker.yield()
    }

    /// Whether everything submitted is stored and shown, or refused. From any isolation.
    public var isIdle: Bool { state.withLock { $0.submitted == $0.shown } }

    /// Returns when everything submitted before is stored and shown, or refused.
    public func flush() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let ready = state.withLock { state in
                state.flushing.append((state.submitted, continuation))
                return state.flushed()
            }
            for waiting in ready { waiting.resume() }
        }
    }

    /// Takes nothing more; `run` returns when everything taken before is stored and shown.
    public func close() {
        state.withLock { state in
            state.isClosed = true
            waker.finish()
        }
    }

    func isWaiting(for room: RoomID) -> Bool { state.withLock { $0.queue.isWaiting(for: room) } }

    /// Stores and shows until closed; one batch is shown while the next one is being stored.
    ///
    /// - Parameter directory: the rooms to which inbox messages go.
    func run(showing directory: RoomDirectory) async {
        var unsettled = 0
        for await _ in wake {
            var shown: Committed?
            while true {
                if state.withLock({ exchange(&$0.inboxRang, with: false) }) {
                    if let committed = shown.take() { await show(committed) }
                    await drainInbox(into: directory)
                }
                let next = takeBatch()
                guard shown != nil || next != nil else { break }
                async let stored = store(next)
                if let committed = shown.take() {
                    await show(committed)
                    unsettled += 1
                }
                shown = await stored
                if unsettled >= limits.undeliveredBatchesMax {
                    await settle()
                    unsettled = 0
                }
            }
        }
        await settle()
    }

    /// A committed batch that is to be shown.
    private struct Committed {
        var submissionCount: Int
        var parts: [(batch: StoringBatch, receipt: Receipt, askedAt: ContinuousClock.Instant)] = []
    }

    private func takeBatch() -> StoringBatch? {
        state.withLock { state in
            let batch = state.queue.takeBatch()
            metrics.queueMessages.record(state.queue.messageCount)
            metrics.queueBytes.record(state.queue.byteCount)
            return batch
        }
    }

    private func store(_ batch: StoringBatch?) async -> Committed? {
        guard let batch else { return nil }
        var committed = Committed(submissionCount: batch.groups.reduce(0) { $0 + $1.submissionCount })
        await store(batch, into: &committed)
        state.withLock { $0.queue.finished(batch) }
        return committed
    }

    /// Stores a batch, however long the store is away; what it refuses is halved until the guilty message stands alone.
    private func store(_ batch: StoringBatch, into committed: inout Committed) async {
        var attempt = 0
        while true {
            let began = ContinuousClock.now
            do throws(StoreError) {
                let receipt = try await store.append(batch.batch)
                metrics.commitSeconds.recordNanoseconds((ContinuousClock.now - began).nanoseconds)
                metrics.batchMessages.record(batch.batch.messageCount)
                metrics.messagesStored.increment(by: batch.batch.messageCount - receipt.duplicates.count)
                committed.parts.append((batch, receipt, began))
                return
            } catch {
                switch error {
                case .rejected(let code, _):
                    let halves = batch.halves()
                    if halves.isEmpty { refuse(batch, code: code) }
                    for half in halves { await store(half, into: &committed) }
                    return
                case .unavailable(let reason):
                    if attempt == 0 { logger.notice("store_waiting", metadata: ["reason": "\(reason)"]) }
                    attempt += 1
                    // Cancelled: the process is out of time, its clients are gone and cannot be told.
                    guard await pause(beforeAttempt: attempt) else { return }
                }
            }
        }
    }

    /// Waits, longer each time up to a second; false if cancelled.
    private func pause(beforeAttempt attempt: Int) async -> Bool {
        (try? await clock.sleep(for: .milliseconds(min(1000, 25 << min(attempt, 6))))) != nil
    }

    private func refuse(_ batch: StoringBatch, code: String) {
        for entry in batch.groups.flatMap(\.entries) {
            metrics.messagesNotStored.increment()
            logger.notice("message_not_stored", metadata: ["sqlstate": "\(code)"])
            let error = WireError(
                .notStored, "the database refused this message (\(code)); it is not stored",
                clientID: entry.draft.clientID)
            entry.sender.send(Reply.error(error))
        }
    }

    private func show(_ committed: Committed) async {
        var news: [RoomPosition] = []
        for (batch, receipt, askedAt) in committed.parts {
            let time = receipt.time.iso8601Bytes
            var ordinal = 0
            for (index, group) in batch.groups.enumerated() {
                let outcome = batch.outcome(ofGroup: index, firstOrdinal: ordinal, receipt: receipt, time: time)
                ordinal += group.entries.count
                if let last = outcome.messages.last { news.append(RoomPosition(room: group.room.id, seq: last.seq)) }
                await group.room.committed(outcome.messages, askedAt: askedAt, receivedAt: group.receivedAt)
                if !outcome.repeated.isEmpty { await group.room.repeated(outcome.repeated) }
            }
        }
        doorbell.committed(news)
        let flushed = state.withLock { state in
            state.shown += committed.submissionCount
            return state.flushed()
        }
        for waiting in flushed { waiting.resume() }
    }

    /// Numbers and shows what SQL clients said. If the store fails, its news may be lost: every room looks for itself.
    private func drainInbox(into directory: RoomDirectory) async {
        do {
            while true {
                let askedAt = ContinuousClock.now
                let messages = try await store.drainInbox(limit: limits.batchMessagesMax)
                guard !messages.isEmpty else { return }
                metrics.messagesStored.increment(by: messages.count)
                doorbell.committed(messages.map { RoomPosition(room: $0.room, seq: $0.seq) })
                await directory.committed(messages, askedAt: askedAt)
            }
        } catch {
            logger.notice("inbox_waiting", metadata: ["reason": "\(error)"])
            await directory.resync()
        }
    }
}
