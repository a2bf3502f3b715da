internal import Synchronization

/// Wakes the one task that waits for work. Signals are merged into one while no task waits.
///
/// Unlike with an `AsyncStream`, the task suspends and resumes on its own executor, without a hop to the global pool.
package final class Signal: Sendable {
    private struct State {
        var isSet = false
        var hasEnded = false
        var waiter: CheckedContinuation<Void, Never>?

        mutating func takeWaiter() -> CheckedContinuation<Void, Never>? { exchange(&waiter, with: nil) }
    }

    private let state = Mutex(State())

    package init() {}

    /// Signals that there is work. From any isolation.
    package func set() {
        let waiter = state.withLock { state in
            state.isSet = true
            return state.takeWaiter()
        }
        waiter?.resume()
    }

    /// Signals that no more work will come. From any isolation.
    package func end() {
        let waiter = state.withLock { state in
            state.hasEnded = true
            return state.takeWaiter()
        }
        waiter?.resume()
    }

    /// Returns true when there may be work; false if none will come or the task is cancelled.
    ///
    /// Only one task may wait at a time.
    package func wait() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isReady = state.withLock { state in
                    guard !state.isSet, !state.hasEnded else { return true }
                    precondition(state.waiter == nil, "one task waits for a signal")
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            end()
        }
        return state.withLock { exchange(&$0.isSet, with: false) && !Task.isCancelled }
    }
}
