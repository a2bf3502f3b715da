/// Messages of one room on their way to its members: made once, shared by every socket.
///
/// A class, so that a loop can recognise by identity what it has framed already.
public final class Broadcast: Sendable {
    /// The room in which they were said.
    public let room: RoomID
    /// The messages, ascending by `seq`, at least one: all that the log holds in `after + 1 ... last`.
    public let messages: [EncodedMessage]
    /// A member that has everything up to here can be sent this broadcast.
    public let after: Int64
    /// A member that was sent this broadcast has everything up to here.
    public let last: Int64
    /// When the oldest of them was received from its sender; nil for messages from elsewhere.
    public let receivedAt: ContinuousClock.Instant?

    /// Bytes of the messages, as JSON.
    public let byteCount: Int

    /// A broadcast of a run; nil when it has no messages.
    convenience init?(_ run: EncodedRun, in room: RoomID, receivedAt: ContinuousClock.Instant?) {
        guard !run.messages.isEmpty else { return nil }
        self.init(room: room, run.messages, after: run.after, last: run.through, receivedAt: receivedAt)
    }

    private init(
        room: RoomID, _ messages: [EncodedMessage], after: Int64, last: Int64, receivedAt: ContinuousClock.Instant?
    ) {
        self.room = room
        self.messages = messages
        self.after = after
        self.last = last
        self.receivedAt = receivedAt
        byteCount = messages.reduce(0) { $0 + $1.json.count }
    }

    /// This broadcast and the next one of its room as one; nil if the next one does not follow it, or both have more bytes
    /// than `bytesMax`.
    func followed(by next: Broadcast, bytesMax: Int) -> Broadcast? {
        guard next.room == room, next.after == last, byteCount + next.byteCount <= bytesMax else { return nil }
        return Broadcast(
            room: room, messages + next.messages, after: after, last: next.last,
            receivedAt: receivedAt ?? next.receivedAt)
    }
}
