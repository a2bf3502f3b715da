/// A notification from the database. Each is only a hint; the tables are authoritative.
public enum StoreEvent: Sendable, Equatable {
    /// SQL clients have put messages into the inbox: drain it.
    case inbox
    /// Another process has stored messages up to these positions.
    case news([RoomPosition])
    /// The session with this fingerprint was changed or deleted: look it up again.
    case sessionChanged(fingerprint: String)
    /// Anything may have changed (hints were missed, or there were too many changes to list): check everything again.
    case resync
}
