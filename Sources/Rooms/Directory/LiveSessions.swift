internal import Synchronization

/// Which connections each session has open in this process.
public final class LiveSessions: Sendable {
    private let members = Mutex<[String: [any Member]]>([:])
    private let connectionsPerSessionMax: Int?

    /// Nobody yet.
    ///
    /// - Parameter connectionsPerSessionMax: connections one session may have open; nil for any number.
    public init(connectionsPerSessionMax: Int?) { self.connectionsPerSessionMax = connectionsPerSessionMax }

    /// Counts a connection in; false if the session has too many already.
    public func enter(_ session: Session, _ member: any Member) -> Bool {
        members.withLock { members in
            let count = members[session.fingerprint]?.count ?? 0
            if let max = connectionsPerSessionMax, count >= max { return false }
            members[session.fingerprint, default: []].append(member)
            return true
        }
    }

    /// Counts a connection out.
    public func leave(_ session: Session, _ member: any Member) {
        members.withLock { members in
            guard var remaining = members.removeValue(forKey: session.fingerprint) else { return }
            remaining.removeAll { $0 === member }
            if !remaining.isEmpty { members[session.fingerprint] = remaining }
        }
    }
}
