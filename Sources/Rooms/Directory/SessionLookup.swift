/// A session as it was looked up for a login, which may be old when the login goes on.
public struct SessionLookup: Sendable {
    /// The session as the store had it.
    public let session: Session
    /// When the store was asked, as a moment of `SessionChanges`.
    let moment: UInt64
}

/// What becomes of a connection that is to be counted in.
public enum SessionAdmission: Sendable, Equatable {
    /// It counts, with the session as of now: changes after this are told to it.
    case entered(Session)
    /// The session has too many connections.
    case full
    /// The session has gone since it was looked up.
    case gone
}
