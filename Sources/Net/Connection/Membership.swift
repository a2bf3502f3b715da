internal import Rooms

/// The session and the room of a client that was welcomed. A part of `ConnectionState`.
struct Membership {
    var session: Session
    let room: Room
    let events: EventKinds
    /// At most one: the messages of a client are handled one after the other.
    var ticket: UInt64?

    /// The session has changed, or is gone (nil).
    mutating func sessionChanged(to session: Session?) -> ConnectionState.SessionChange {
        guard let session else { return .close(.sessionRevoked, reason: "the session was revoked") }
        let before = exchange(&self.session, with: session)
        if let reason = session.removal(since: before) { return .close(.sessionRevoked, reason: reason) }
        if session.isExpired { return .close(.sessionInvalid, reason: "the session has expired") }
        if session.room != room.id || session.identity.userID != before.identity.userID {
            return .close(.restart, reason: "retry_ms=0")
        }
        let isShown =
            session.userName != before.userName || session.role != before.role
            || session.expiresAt != before.expiresAt || session.moderation != before.moderation
        return isShown && events.contains(.session) ? .tell : .none
    }
}
