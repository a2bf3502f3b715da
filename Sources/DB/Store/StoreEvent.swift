/// What the database tells without being asked (NOTIFY on the channel `chat`); each is a hint, the tables are the truth.
public enum StoreEvent: Sendable, Equatable {
    /// `new_message()` was called: drain the inbox.
    case inbox
    /// The session with this fingerprint was changed or deleted: look at it again.
    case sessionChanged(fingerprint: String)
    /// Notifications may have been missed (LISTEN was made anew, the queue was full, or more changed than can be
    /// told): look at everything again.
    case resync

    /// The event of a notification's payload; nil for one that is not known here.
    init?(payload: String) {
        let parts = payload.split(separator: ":", maxSplits: 1)
        switch (parts.first, parts.dropFirst().first) {
        case ("inbox", nil): self = .inbox
        case ("session", "*"), ("epoch", nil): self = .resync
        case ("session", let fingerprint?): self = .sessionChanged(fingerprint: String(fingerprint))
        default: return nil
        }
    }
}
