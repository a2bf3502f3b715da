internal import DequeModule

/// Which sessions may have changed since a moment: the newest changes, by fingerprint.
///
/// Moments are counted, not measured: each change begins a new one.
struct SessionChanges {
    /// The number of changes so far.
    private(set) var now: UInt64 = 0
    /// Changes up to this one are not told apart: each may have been of any session.
    private var forgottenThrough: UInt64 = 0
    private var newest: [String: UInt64] = [:]
    private var order: Deque<(fingerprint: String, moment: UInt64)> = []
    private let countMax: Int

    /// No changes.
    ///
    /// - Parameter countMax: changes that are told apart, at least 1; beyond, the oldest count as changes of any session.
    init(countMax: Int) { self.countMax = countMax }

    /// A session has changed, or any number of them (nil); false if an older change is forgotten for it.
    mutating func note(_ fingerprint: String?) -> Bool {
        now += 1
        guard let fingerprint else {
            forgottenThrough = now
            newest = [:]
            order = []
            return true
        }
        newest[fingerprint] = now
        order.append((fingerprint, now))
        guard order.count > countMax, let oldest = order.popFirst() else { return true }
        forgottenThrough = oldest.moment
        if newest[oldest.fingerprint] == oldest.moment { newest[oldest.fingerprint] = nil }
        return false
    }

    /// Whether a session may have changed after a moment.
    func mayHaveChanged(_ fingerprint: String, since moment: UInt64) -> Bool {
        moment < forgottenThrough || newest[fingerprint].map { $0 > moment } ?? false
    }
}
