package import Rooms

extension Database: SessionStore {
    /// The session of a key; nil if it is unknown or expired. Simultaneous calls share one query.
    package func session(key: String) async throws(StoreError) -> Session? {
        try await gate.session(key: key)
    }

    /// The sessions, also those that have expired, by their fingerprints: to check them again after a change, or at
    /// intervals. A session that is missing in the answer is revoked.
    package func refresh(fingerprints: [String]) async throws(StoreError) -> [String: Session] {
        var sessions: [String: Session] = [:]
        var rest = fingerprints[...]
        while !rest.isEmpty {
            let some = try await gate.sessions(fingerprints: Array(rest.prefix(DBLimits.sessionKeysPerQueryMax)))
            sessions.merge(some) { _, new in new }
            rest = rest.dropFirst(DBLimits.sessionKeysPerQueryMax)
        }
        return sessions
    }
}
