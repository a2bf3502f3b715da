internal import Synchronization

/// Wakes the one task that waits for work. Signals that nobody waits for are remembered as one.
///
/// Unlike an `AsyncStream`, waiting suspends and resumes on the caller's own executor, without a way over the global pool.
final class Signal: Sendable {
    private struct State {
        var isSet = false
        var hasEnded = false
        var waiter: CheckedContinuation<Void, Never>?

        mutating func takeWaiter() -> CheckedContinuation<Void, Never>? { exchange(&waiter, with: nil) }
    }

    private let state = Mutex(State())

    /// There is work. From any isolation.
    func set() {
        let waiter = state.withLock { state in
            state.isSet = true
            return state.takeWaiter()
        }
        waiter?.resume()
    }

    /// There will be no more work. From any isolation.
    func end() {
        let waiter = state.withLock { state in
            state.hasEnded = true
            return state.takeWaiter()
        }
        waiter?.resume()
    }

    /// Returns when there may be work; false when there is none and will be none, or the task is cancelled.
    ///
    /// For one task at a time.
    func wait() async -> Bool {
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
