/// Where a joining member wants to start.
public enum JoinRequest: Sendable, Equatable {
    /// With the newest messages, this many; nil for the configured number.
    case history(Int?)
    /// Exactly after a message it has seen, if the log's past is still the same.
    case resume(after: Int64, epoch: String?)
}

/// Why an exact resume is impossible; the raw value goes to the client as `reset`.
public enum ResumeRefusal: String, Sendable {
    /// The log's past may have changed since.
    case epoch
    /// The client has seen more than the room holds.
    case ahead
    /// Messages in between have been pruned.
    case pruned
}

/// What a member gets on joining.
public struct Joined: Sendable {
    /// The identity of the log's past.
    public var epoch: String
    /// The newest message of the room at that moment.
    public var lastSeq: Int64
    /// The member is sent what follows this number.
    public var cursor: Int64
    /// Whether it continues exactly where the client asked.
    public var resumed: Bool
    /// Why it does not, if the client asked.
    public var reset: ResumeRefusal?
    /// What follows the cursor, if that is in memory; else nil and to be fetched.
    public var page: Page?
}

/// Consecutive messages for a member that is behind.
public struct Page: Sendable, Equatable {
    /// The messages, ascending.
    public var messages: [EncodedMessage]
    /// The member has everything up to here after this page.
    public var through: Int64
    /// The newest message of the room when the page was made.
    public var head: Int64

    /// A page of messages.
    public init(messages: [EncodedMessage], through: Int64, head: Int64) {
        self.messages = messages
        self.through = through
        self.head = head
    }
}

/// Why a member could not join.
public enum JoinError: Error, Sendable, Equatable {
    /// The room went out of memory between being found and being joined: look it up again.
    case retired
    /// The store cannot be reached.
    case unavailable
    /// Too many rooms are alive.
    case overloaded
}
