internal import Synchronization

/// Lets a test hold a task at a known point, inspect the state and release the task: ordering without sleeping.
package final class Gate: Sendable {
    private struct State {
        var isClosed = false
        var held: [CheckedContinuation<Void, Never>] = []
        var watchers: [(count: Int, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    /// An open gate.
    package init() {}

    /// Closes the gate: tasks that call `pass` are held from now on.
    package func close() { state.withLock { $0.isClosed = true } }

    /// Releases all held tasks and leaves the gate open.
    package func open() { release(isClosed: false) }

    /// Releases all held tasks and leaves the gate closed.
    package func step() { release(isClosed: true) }

    private func release(isClosed: Bool) {
        let held = state.withLock { state in
            state.isClosed = isClosed
            defer { state.held = [] }
            return state.held
        }
        for waiting in held { waiting.resume() }
    }

    /// Returns at once if the gate is open, else when it opens.
    package func pass() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let ready = state.withLock { state -> [CheckedContinuation<Void, Never>] in
                guard state.isClosed else { return [continuation] }
                state.held.append(continuation)
                let count = state.held.count
                let ready = state.watchers.filter { $0.count <= count }.map(\.1)
                state.watchers.removeAll { $0.count <= count }
                return ready
            }
            for waiting in ready { waiting.resume() }
        }
    }

    /// Returns when at least `count` tasks are held.
    package func holds(_ count: Int = 1) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isReady = state.withLock { state in
                if state.held.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isReady { continuation.resume() }
        }
    }
}
