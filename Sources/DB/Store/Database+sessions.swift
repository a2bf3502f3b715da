public import Rooms

extension Database: SessionStore {
    /// The session of a key, nil when unknown or expired; simultaneous calls share one query.
    public func session(key: String) async throws(StoreError) -> Session? {
        try await gate.session(key: key)
    }

    /// The sessions of those of the keys that are still good, by key: for a second look after a change, or now and
    /// then. A key that is missing in the answer is revoked or expired.
    public func refresh(keys: [String]) async throws(StoreError) -> [String: Session] {
        var sessions: [String: Session] = [:]
        var rest = keys[...]
        while !rest.isEmpty {
            let some = try await gate.sessions(keys: Array(rest.prefix(DBLimits.sessionKeysPerQueryMax)))
            sessions.merge(some) { _, new in new }
            rest = rest.dropFirst(DBLimits.sessionKeysPerQueryMax)
        }
        return sessions
    }
}
