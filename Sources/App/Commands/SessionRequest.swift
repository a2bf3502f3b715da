internal import Rooms

/// A session to be created.
struct SessionRequest: Sendable, Equatable {
    /// The secret that the client presents.
    var key: String
    /// The name shown to the room.
    var user: String
    var room: RoomID
    var role: Session.Role
    /// nil if it never expires.
    var lifetime: SessionLifetime?
    /// Whether the database stores only the hash of the key.
    var isHashed: Bool
}
