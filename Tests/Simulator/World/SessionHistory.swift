internal import Rooms

/// The versions of the session of one key and their times; nil where it was deleted or had expired.
struct SessionHistory: Sendable {
    private(set) var versions: [(since: Int64, session: Session?)]

    init(_ session: Session, since: Int64) { versions = [(since, session)] }

    var current: Session? { versions.last?.session }
    var summary: String {
        current.map { "\($0.fingerprint) of \($0.userName) in \($0.room) as \($0.role)" } ?? "none"
    }

    mutating func change(to session: Session?, at now: Int64) { versions.append((now, session)) }

    /// The number of the first version, and of the last one, that equals a session; nil if none does.
    func oldest(_ session: Session) -> Int? { versions.firstIndex { $0.session == session } }
    func newest(_ session: Session) -> Int? { versions.lastIndex { $0.session == session } }

    /// Whether this version was current at some time after a moment.
    func was(_ session: Session, after moment: Int64) -> Bool { versions(after: moment).contains { $0 == session } }

    /// Whether the session existed at some time after a moment.
    func existed(after moment: Int64) -> Bool { versions(after: moment).contains { $0 != nil } }

    private func versions(after moment: Int64) -> [Session?] {
        versions.indices.filter { $0 + 1 == versions.count || versions[$0 + 1].since >= moment }
            .map { versions[$0].session }
    }
}
