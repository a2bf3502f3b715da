/// Where sessions are looked up; the database implements it.
public protocol SessionStore: Sendable {
    /// The session of a key, or nil when the key is unknown or expired.
    ///
    /// Simultaneous calls share one query.
    func session(key: String) async throws(StoreError) -> Session?

    /// The sessions among these, by fingerprint, including those that have expired; a session missing from the answer is
    /// revoked.
    ///
    /// Not by key, so that the keys of connected sessions need not be kept in memory.
    func refresh(fingerprints: [String]) async throws(StoreError) -> [String: Session]
}

/// A row of `sessions`: the user and the room of a key.
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

    /// SHA-256 of the session key in lower-case hexadecimal: identifies the session in memory and logs without
    /// revealing the key.
    public var fingerprint: String
    /// The name shown to the room.
    public var userName: String
    /// Who the session is for, and whom the ids of its messages belong to. A name is the first one of the session, so
    /// that a repeated send is recognised after a change of name.
    public var identity: Identity
    /// The room this session is in.
    public var room: RoomID
    /// What the session may do.
    public var role: Role
    /// When it expires, by the database's clock; nil for never.
    public var expiresAt: Timestamp?
    /// Whether it has expired, by the database's clock.
    public var isExpired: Bool

    /// What moderation has set for this person in this room; nil for nothing.
    public var moderation: Moderation?
    /// How often the person was kicked: a connection that logged in before the last time is closed.
    public var kicks: Int32 = 0

    /// Whether the person may not connect.
    public var isBanned: Bool { moderation?.isBanned == true }

    /// Whether it may send messages.
    public var mayWrite: Bool { role != .reader }

    /// A session as the database returns it.
    ///
    /// - Parameter identity: nil for the name `userName`.
    public init(
        fingerprint: String, userName: String, identity: Identity? = nil, room: RoomID, role: Role,
        expiresAt: Timestamp? = nil, isExpired: Bool = false
    ) {
        self.fingerprint = fingerprint
        self.userName = userName
        self.identity = identity ?? .name(userName)
        self.room = room
        self.role = role
        self.expiresAt = expiresAt
        self.isExpired = isExpired
    }
}
