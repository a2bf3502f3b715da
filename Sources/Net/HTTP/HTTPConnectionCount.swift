internal import Synchronization

/// The connections of one listener, counted over all its event loops.
final class HTTPConnectionCount: Sendable {
    private let max: Int
    private let count = Atomic<Int>(0)

    init(max: Int) {
        self.max = max
    }

    /// The connections open now.
    var open: Int { count.load(ordering: .relaxed) }

    /// Counts one more connection; returns false if the maximum is reached.
    func admit() -> Bool {
        if count.add(1, ordering: .relaxed).newValue <= max { return true }
        release()
        return false
    }

    /// Counts one connection less.
    func release() {
        count.subtract(1, ordering: .relaxed)
    }
}
