/// Messages of one room that are being delivered to its members: created once, shared by all sockets.
///
/// A class, so that an event loop can recognise by identity which broadcasts it has already framed.
public final class Broadcast: Sendable {
    /// The room of the messages.
    public let room: RoomID
    /// The messages, ascending by `seq`, at least one: all that the log holds in `after + 1 ... last`.
    public let messages: [EncodedMessage]
    /// A member that has everything up to this number can receive this broadcast.
    public let after: Int64
    /// A member that received this broadcast has everything up to this number.
    public let last: Int64
    /// When the oldest of them was received from its sender; nil if this process did not receive it.
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

    /// Whether `next` is of the same room and begins where this broadcast ends.
    func precedes(_ next: Broadcast) -> Bool { next.room == room && next.after == last }

    /// This broadcast merged with `next`, which it precedes.
    func merged(with next: Broadcast) -> Broadcast {
        assert(precedes(next))
        return Broadcast(
            room: room, messages + next.messages, after: after, last: next.last,
            receivedAt: receivedAt ?? next.receivedAt)
    }
}
