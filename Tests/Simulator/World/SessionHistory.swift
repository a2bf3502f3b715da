internal import Rooms

/// The versions of the changing session and their times; nil where it was deleted.
struct SessionHistory: Sendable {
    private(set) var versions: [(since: Int64, session: Session?)] = [
        (0, Session(fingerprint: "fingerprint", userName: "visitor", room: RoomID(0), role: .member))
    ]

    var current: Session? { versions.last?.session }
    var summary: String { current.map { "\($0.userName) in \($0.room) as \($0.role)" } ?? "none" }

    mutating func change(to session: Session?, at now: Int64) { versions.append((now, session)) }

    /// Whether this version was current until some time after a moment, or is current now.
    func was(_ session: Session, after moment: Int64) -> Bool {
        versions.indices.contains { index in
            let isOver = index + 1 < versions.count && versions[index + 1].since < moment
            return !isOver && versions[index].session == session
        }
    }
}
