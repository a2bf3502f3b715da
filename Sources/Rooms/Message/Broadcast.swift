/// Messages of one room on their way to its members: made once, shared by every socket.
///
/// A class, so that a loop can recognise by identity what it has framed already.
public final class Broadcast: Sendable {
    /// The messages, ascending by `seq`, at least one: all that the log holds in `after + 1 ... last`.
    public let messages: [EncodedMessage]
    /// A member that has everything up to here can be sent this broadcast.
    public let after: Int64
    /// A member that was sent this broadcast has everything up to here.
    public let last: Int64
    /// When the oldest of them was received from its sender; nil for messages from elsewhere.
    public let receivedAt: ContinuousClock.Instant?

    /// A broadcast of a run; nil when it has no messages.
    init?(_ run: EncodedRun, receivedAt: ContinuousClock.Instant?) {
        guard !run.messages.isEmpty else { return nil }
        self.messages = run.messages
        self.after = run.after
        self.last = run.through
        self.receivedAt = receivedAt
    }
}
