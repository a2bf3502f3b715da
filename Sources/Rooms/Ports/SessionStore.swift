/// Where sessions are looked up; the database implements it.
public protocol SessionStore: Sendable {
    /// The session of a key, or nil when the key is unknown or expired.
    ///
    /// Simultaneous calls share one query.
    func session(key: String) async throws(StoreError) -> Session?

    /// Those of the sessions that are still good, by their fingerprints; one missing in the answer is revoked or expired.
    ///
    /// Not by key: nobody need remember the keys of those who are connected.
    func refresh(fingerprints: [String]) async throws(StoreError) -> [String: Session]
}

/// A row of `sessions`: who a key speaks for and where.
public struct Session: Sendable, Equatable {
    /// What a session may do in its room.
    public enum Role: String, Sendable {
        /// Reads and writes.
        case member
        /// Reads only.
        case reader
        /// Reads, writes and moderates.
        case moderator
    }

    /// SHA-256 of the session key in lower-case hexadecimal: names the session in memory and logs without revealing it.
    public var fingerprint: String
    /// The name shown to the room.
    public var userName: String
    /// The name under which ids of messages are kept: the first name of the session, so that a repeat is found across a
    /// change of name.
    public var identity: String
    /// The room this session is in.
    public var room: RoomID
    /// What the session may do.
    public var role: Role
    /// When it ends by itself, by the database's clock; nil for never.
    public var expiresAt: Timestamp?

    /// A session as the database has it.
    ///
    /// - Parameter identity: nil if it is the name.
    public init(
        fingerprint: String, userName: String, identity: String? = nil, room: RoomID, role: Role,
        expiresAt: Timestamp? = nil
    ) {
        self.fingerprint = fingerprint
        self.userName = userName
        self.identity = identity ?? userName
        self.room = room
        self.role = role
        self.expiresAt = expiresAt
    }
}
