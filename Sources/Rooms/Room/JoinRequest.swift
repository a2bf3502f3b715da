/// Where a joining member wants to start.
public enum JoinRequest: Sendable, Equatable {
    /// With this many of the newest messages; nil for the configured number.
    case history(Int?)
    /// Exactly after a message that the client has seen, if the log's past is unchanged.
    case resume(after: Int64, epoch: String?)
}

/// Why an exact resume is impossible. The client receives the raw value as `reset`.
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
    /// The epoch, which identifies the log's past.
    public var epoch: String
    /// The number of the room's newest message at that moment.
    public var lastSeq: Int64
    /// The member receives the messages after this number.
    public var cursor: Int64
    /// Whether the member continues exactly where the client asked.
    public var resumed: Bool
    /// Why an exact resume was refused, if the client asked for one.
    public var reset: ResumeRefusal?
    /// The messages after the cursor if they are in memory; nil if they must be fetched.
    public var page: Page?
}

/// Consecutive messages for a member that is behind.
public struct Page: Sendable, Equatable {
    /// The messages, ascending.
    public var messages: [EncodedMessage]
    /// With this page the member has everything up to this number.
    public var through: Int64
    /// The number of the room's newest message when the page was made.
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
    /// The room was removed from memory after it was found and before the join: look it up again.
    case retired
    /// The store cannot be reached.
    case unavailable
    /// Too many rooms are in memory.
    case overloaded
}
