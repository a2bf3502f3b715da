internal import Synchronization

/// Lets a test stop somebody at a known point, look around, and let it go on: ordering without sleeping.
public final class Gate: Sendable {
    private struct State {
        var isClosed = false
        var held: [CheckedContinuation<Void, Never>] = []
        var watchers: [(count: Int, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    /// An open gate.
    public init() {}

    /// From here on whoever passes is held.
    public func close() { state.withLock { $0.isClosed = true } }

    /// Everybody held goes on, and the gate stays open.
    public func open() { release(isClosed: false) }

    /// Everybody held goes on, and whoever comes next is held.
    public func step() { release(isClosed: true) }

    private func release(isClosed: Bool) {
        let held = state.withLock { state in
            state.isClosed = isClosed
            defer { state.held = [] }
            return state.held
        }
        for waiting in held { waiting.resume() }
    }

    /// Returns at once, or when the gate opens.
    public func pass() async {
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

    /// Returns when so many are held.
    public func holds(_ count: Int = 1) async {
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
