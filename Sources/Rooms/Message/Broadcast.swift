/// Consecutive messages of one room on their way to its members: made once, shared by every socket.
///
/// A class, so that a loop can recognise by identity what it has framed already.
public final class Broadcast: Sendable {
    /// The messages, ascending by `seq` without holes, at least one.
    public let messages: [EncodedMessage]
    /// The number of the first message.
    public let first: Int64
    /// The number of the last message.
    public let last: Int64
    /// When the oldest of them was received from its sender; nil for messages from elsewhere.
    public let receivedAt: ContinuousClock.Instant?

    /// A broadcast of consecutive messages; nil when there are none.
    public init?(_ messages: [EncodedMessage], receivedAt: ContinuousClock.Instant?) {
        guard let first = messages.first, let last = messages.last else { return nil }
        self.messages = messages
        self.first = first.seq
        self.last = last.seq
        self.receivedAt = receivedAt
    }
}
