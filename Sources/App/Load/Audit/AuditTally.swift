/// What an audit has found wrong.
struct AuditTally: Sendable, Equatable {
    /// Messages that a receiver never got, and own messages that never came back.
    var lost = 0
    /// Messages that a receiver got twice, and own messages that were stored twice.
    var duplicated = 0
    /// Messages that came after a later one.
    var outOfOrder = 0
    /// Messages that two receivers got with different content under the same number.
    var differing = 0

    /// True when nothing is wrong.
    var isClean: Bool { self == AuditTally() }
}
