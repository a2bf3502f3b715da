/// The result of a login's session lookup. It may be out of date when the login continues.
public struct SessionLookup: Sendable {
    /// The session as the store returned it.
    public let session: Session
    /// When the store was queried, as a moment of `SessionChanges`.
    let moment: UInt64
}

/// The result of counting a connection in.
public enum SessionAdmission: Sendable, Equatable {
    /// The connection is counted, with the current session. It is notified of later changes.
    case entered(Session)
    /// The session has too many connections.
    case full
    /// The session was removed or has expired since the lookup.
    case gone
}
