internal import CoreMetrics
internal import Logging
internal import Synchronization

/// Notifies the other processes which rooms have new messages.
///
/// It notifies after the commit and never in its transaction, because NOTIFY locks the whole database while it commits.
/// Changes during one notification go into the next.
///
/// A notification is only a hint: a process that misses one finds the messages with the next one or with its regular
/// check.
final class Doorbell: Sendable {
    private struct State {
        var pending: [RoomID: Int64] = [:]
        var isTooMany = false
        var isRinging = false
    }

    private let state = Mutex(State())
    private let signal = Signal()
    private let store: any MessageStore
    private let limits: RoomLimits
    private let metrics: RoomMetrics
    private let clock: any Clock<Duration>

    init(store: any MessageStore, limits: RoomLimits, metrics: RoomMetrics, clock: any Clock<Duration>) {
        self.store = store
        self.limits = limits
        self.metrics = metrics
        self.clock = clock
    }

    /// Whether no notification is pending or in progress. From any isolation.
    var isIdle: Bool { state.withLock { $0.pending.isEmpty && !$0.isTooMany && !$0.isRinging } }

    /// Queues a notification that rooms have reached these positions; returns at once. From any isolation.
    func committed(_ positions: [RoomPosition]) {
        guard !positions.isEmpty else { return }
        state.withLock { Self.add(positions, to: &$0, max: limits.doorbellRoomsMax) }
        signal.set()
    }

    /// Sends notifications until cancelled.
    func run() async {
        while await signal.wait() {
            let (positions, isTooMany) = take()
            guard isTooMany || !positions.isEmpty else { continue }
            if isTooMany { metrics.doorbellsFull.increment() }
            do {
                try await store.ring(isTooMany ? nil : positions)
                metrics.doorbells.increment()
                state.withLock { $0.isRinging = false }
                // Cancellation ends the pause, and the loop with it.
                try? await clock.sleep(for: limits.doorbellPause)
            } catch {
                state.withLock { state in
                    state.isRinging = false
                    state.isTooMany = state.isTooMany || isTooMany
                    Self.add(positions, to: &state, max: limits.doorbellRoomsMax)
                }
                signal.set()
                try? await clock.sleep(for: limits.retryPause)
            }
        }
    }

    private func take() -> ([RoomPosition], isTooMany: Bool) {
        state.withLock { state in
            let positions = state.pending.map { RoomPosition(room: $0.key, seq: $0.value) }
            let isTooMany = state.isTooMany
            state = State(isRinging: isTooMany || !positions.isEmpty)
            return (positions.sorted { $0.room < $1.room }, isTooMany)
        }
    }

    private static func add(_ positions: [RoomPosition], to state: inout State, max: Int) {
        for position in positions {
            state.pending[position.room] = Swift.max(position.seq, state.pending[position.room] ?? 0)
        }
        guard state.pending.count > max else { return }
        state.pending = [:]
        state.isTooMany = true
    }
}
