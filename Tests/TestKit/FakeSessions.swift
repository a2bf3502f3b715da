public import Rooms
internal import Synchronization

/// Sessions in memory.
public final class FakeSessions: SessionStore {
    private let sessions = Mutex<[String: Session]>([:])
    private let isAway = Mutex(false)
    private let refreshed = Mutex<[String]>([])
    private let asked = Atomic<Int>(0)
    /// Holds lookups before the row is read.
    public let lookups = Gate()
    /// Holds lookups after the row was read; their answers may be out of date when they return.
    public let answers = Gate()
    /// Holds second lookups (`refresh`) after the rows were read.
    public let refreshes = Gate()

    /// No sessions yet.
    public init() {}

    /// Inserts a row of `sessions`.
    public func insert(
        _ key: String, _ user: String, room: Int32 = 0, role: Session.Role = .member, expiresAt: Timestamp? = nil
    ) {
        sessions.withLock {
            $0[key] = Session(
                fingerprint: "fingerprint of \(key)", userName: user, room: RoomID(room), role: role,
                expiresAt: expiresAt)
        }
    }

    /// Deletes a row of `sessions`.
    public func delete(_ key: String) { sessions.withLock { $0[key] = nil } }

    /// The fingerprints of the sessions that were looked up again since the last call.
    public func takeRefreshed() -> [String] {
        refreshed.withLock { refreshed in
            defer { refreshed = [] }
            return refreshed
        }
    }

    /// Makes the database unavailable or available again.
    public func isAway(_ isAway: Bool) { self.isAway.withLock { $0 = isAway } }

    /// How often a session was looked up.
    public var lookupsAsked: Int { asked.load(ordering: .relaxed) }

    /// See `SessionStore`.
    public func session(key: String) async throws(StoreError) -> Session? {
        asked.add(1, ordering: .relaxed)
        await lookups.pass()
        guard !isAway.withLock({ $0 }) else { throw .unavailable("away") }
        let session = sessions.withLock { $0[key] }
        await answers.pass()
        return session
    }

    /// See `SessionStore`.
    public func refresh(fingerprints: [String]) async throws(StoreError) -> [String: Session] {
        guard !isAway.withLock({ $0 }) else { throw .unavailable("away") }
        refreshed.withLock { $0 += fingerprints }
        let good = sessions.withLock { $0.values.filter { fingerprints.contains($0.fingerprint) } }
        await refreshes.pass()
        return Dictionary(uniqueKeysWithValues: good.map { ($0.fingerprint, $0) })
    }
}
