internal import CoreMetrics
internal import DequeModule
internal import Synchronization

/// The changes of earlier messages that wait to be stored, in order of arrival, bounded in number and bytes. From any
/// isolation.
final class ChangeQueue: Sendable {
    /// What one member wants to change.
    struct Entry {
        let room: Room
        let sender: any Member
        let draft: ChangeDraft
    }

    private struct State {
        var waiting: Deque<Entry> = []
        var bytes = 0
        /// The number of changes of each room that were queued and are neither broadcast nor refused.
        var unfinished: [RoomID: Int] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())
    private let signal = Signal()
    private let limits: RoomLimits
    private let metrics: RoomMetrics

    init(limits: RoomLimits, metrics: RoomMetrics) {
        self.limits = limits
        self.metrics = metrics
    }

    /// Whether everything submitted is broadcast or refused.
    var isIdle: Bool { state.withLock { $0.unfinished.isEmpty } }

    /// Whether the room has changes that are neither broadcast nor refused.
    func isWaiting(for room: RoomID) -> Bool { state.withLock { $0.unfinished[room] != nil } }

    /// Queues a change; false if the queue is full or closed.
    func submit(_ draft: ChangeDraft, from sender: any Member, in room: Room) -> Bool {
        let isQueued = state.withLock { state in
            guard !state.isClosed, state.waiting.count < limits.changesWaitingMax,
                state.bytes + draft.byteCount <= limits.changeBytesWaitingMax
            else { return false }
            state.waiting.append(Entry(room: room, sender: sender, draft: draft))
            state.bytes += draft.byteCount
            state.unfinished[room.id, default: 0] += 1
            return true
        }
        if isQueued { signal.set() } else { metrics.changesUnavailable.increment() }
        return isQueued
    }

    /// Returns true when changes may wait; false when the queue is closed and empty, or the task is cancelled. For the
    /// one task that stores.
    func wait() async -> Bool {
        if state.withLock({ !$0.waiting.isEmpty }) { return !Task.isCancelled }
        return await signal.wait()
    }

    /// The oldest changes, at most those of one batch.
    func take() -> [Entry] {
        state.withLock { state in
            let taken = Array(state.waiting.prefix(limits.batchChangesMax))
            state.waiting.removeFirst(taken.count)
            state.bytes -= taken.reduce(0) { $0 + $1.draft.byteCount }
            return taken
        }
    }

    /// Records that changes are broadcast or refused.
    func finished(_ entries: [Entry]) {
        state.withLock { state in
            for entry in entries {
                let left = (state.unfinished[entry.room.id] ?? 0) - 1
                assert(left >= 0, "a change is finished once")
                state.unfinished[entry.room.id] = left > 0 ? left : nil
            }
        }
    }

    /// Closes the queue for new changes. Those that wait are still stored.
    func close() {
        state.withLock { $0.isClosed = true }
        signal.end()
    }
}
