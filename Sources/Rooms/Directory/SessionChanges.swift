internal import DequeModule

/// The newest changes of sessions, by fingerprint: tells which sessions may have changed since a moment.
///
/// A moment is a change counter, not a time: each change increments it.
struct SessionChanges {
    /// The number of changes so far.
    private(set) var now: UInt64 = 0
    /// Changes up to this one are no longer kept by session: each may have been a change of any session.
    private var forgottenThrough: UInt64 = 0
    private var newest: [String: UInt64] = [:]
    private var order: Deque<(fingerprint: String, moment: UInt64)> = []
    private let countMax: Int

    /// No changes.
    ///
    /// - Parameter countMax: changes kept by session, at least 1; beyond it, the oldest ones count as changes of any
    ///   session.
    init(countMax: Int) { self.countMax = countMax }

    /// Records a change of one session, or of any number of sessions (nil); false if an older change was dropped for
    /// it.
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
