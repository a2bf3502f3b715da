package import Rooms
internal import Synchronization

/// Sessions in memory.
package final class FakeSessions: SessionStore {
    private let sessions = Mutex<[String: Session]>([:])
    private let isAway = Mutex(false)
    private let refreshed = Mutex<[String]>([])
    private let asked = Atomic<Int>(0)
    /// Holds lookups before the row is read.
    package let lookups = Gate()
    /// Holds lookups after the row was read; their answers may be out of date when they return.
    package let answers = Gate()
    /// Holds second lookups (`refresh`) after the rows were read.
    package let refreshes = Gate()

    /// No sessions yet.
    package init() {}

    /// Inserts a row of `sessions`.
    package func insert(
        _ key: String, _ user: String, room: Int32 = 0, role: Session.Role = .member, expiresAt: Timestamp? = nil,
        moderation: Moderation? = nil, kicks: Int32 = 0
    ) {
        var session = Session(
            fingerprint: "fingerprint of \(key)", userName: user, room: RoomID(room), role: role, expiresAt: expiresAt)
        (session.moderation, session.kicks) = (moderation, kicks)
        sessions.withLock { $0[key] = session }
    }

    /// Makes a session expire.
    package func expire(_ key: String) { sessions.withLock { $0[key]?.isExpired = true } }

    /// Deletes a row of `sessions`.
    package func delete(_ key: String) { sessions.withLock { $0[key] = nil } }

    /// The fingerprints of the sessions that were looked up again since the last call.
    package func takeRefreshed() -> [String] {
        refreshed.withLock { refreshed in
            defer { refreshed = [] }
            return refreshed
        }
    }

    /// Makes the database unavailable or available again.
    package func isAway(_ isAway: Bool) { self.isAway.withLock { $0 = isAway } }

    /// How often a session was looked up.
    package var lookupsAsked: Int { asked.load(ordering: .relaxed) }

    /// See `SessionStore`.
    package func session(key: String) async throws(StoreError) -> Session? {
        asked.add(1, ordering: .relaxed)
        await lookups.pass()
        guard !isAway.withLock({ $0 }) else { throw .unavailable("away") }
        let session = sessions.withLock { $0[key] }.flatMap { $0.isExpired ? nil : $0 }
        await answers.pass()
        return session
    }

    /// See `SessionStore`.
    package func refresh(fingerprints: [String]) async throws(StoreError) -> [String: Session] {
        guard !isAway.withLock({ $0 }) else { throw .unavailable("away") }
        refreshed.withLock { $0 += fingerprints }
        let good = sessions.withLock { $0.values.filter { fingerprints.contains($0.fingerprint) } }
        await refreshes.pass()
        return Dictionary(uniqueKeysWithValues: good.map { ($0.fingerprint, $0) })
    }
}
