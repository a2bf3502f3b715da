/// The errors that an audit has found.
struct AuditTally: Sendable, Equatable {
    /// Messages that a receiver never got, and own messages that did not come back.
    var lost = 0
    /// Messages that a receiver got twice, and own messages that were stored twice.
    var duplicated = 0
    /// Messages that came after a later one.
    var outOfOrder = 0
    /// Messages that two receivers got under the same number with different content.
    var differing = 0

    /// True when nothing is wrong.
    var isClean: Bool { self == AuditTally() }
}
