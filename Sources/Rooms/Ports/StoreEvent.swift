/// What the database tells without being asked; each is a hint, the tables are the truth.
public enum StoreEvent: Sendable, Equatable {
    /// SQL clients have put messages into the inbox: drain it.
    case inbox
    /// Another process has stored messages up to these places.
    case news([RoomPosition])
    /// The session with this fingerprint was changed or deleted: look at it again.
    case sessionChanged(fingerprint: String)
    /// Anything may have happened (hints were missed, or more changed than can be told): look at everything again.
    case resync
}
