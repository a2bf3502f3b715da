internal import Synchronization

/// The result that the world reports.
final class Outcome: Sendable {
    private let state = Mutex<(violation: String?, shown: Int)>((nil, 0))

    var value: (violation: String?, shown: Int) { state.withLock { $0 } }

    func set(violation: String?, shown: Int) { state.withLock { $0 = (violation, shown) } }
}
