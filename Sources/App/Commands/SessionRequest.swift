internal import Rooms

/// A session to be created.
struct SessionRequest: Sendable, Equatable {
    /// The secret that its holder shows.
    var key: String
    /// The name shown to the room.
    var user: String
    var room: RoomID
    var role: Session.Role
    /// nil when it holds for ever.
    var lifetime: SessionLifetime?
}
