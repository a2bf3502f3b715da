/// Rows of one room's log that are being delivered to its members: created once, shared by all sockets.
///
/// A class, so that an event loop can recognise by identity which broadcasts it has already framed.
public final class Broadcast: Sendable {
    /// The room of the messages.
    public let room: RoomID
    /// The messages and changes, ascending by `seq`: all that the log holds in `after + 1 ... last`.
    public let messages: [EncodedMessage]
    /// A member that has everything up to this number can receive this broadcast.
    public let after: Int64
    /// A member that received this broadcast has everything up to this number.
    public let last: Int64
    /// When the oldest of them was received from its sender; nil if this process did not receive it.
    public let receivedAt: ContinuousClock.Instant?
    /// The same without what clients of the view `messages` do not receive, perhaps without any messages; nil if they
    /// receive all.
    private let messagesOnly: Broadcast?
    /// Who receives it: the view `messages` if rows were left out for clients of that view.
    public let view: LogView

    /// Bytes of the messages, as JSON.
    public let byteCount: Int

    /// A broadcast of a run; nil when it has no messages.
    convenience init?(_ run: EncodedRun, in room: RoomID, receivedAt: ContinuousClock.Instant?) {
        guard !run.messages.isEmpty else { return nil }
        self.init(
            room: room, run.messages, after: run.after, last: run.through, receivedAt: receivedAt,
            messagesOnly: run.messagesOnly.map {
                Broadcast(
                    room: room, $0, after: run.after, last: run.through, receivedAt: receivedAt, view: .messages)
            })
    }

    private init(
        room: RoomID, _ messages: [EncodedMessage], after: Int64, last: Int64, receivedAt: ContinuousClock.Instant?,
        messagesOnly: Broadcast? = nil, view: LogView = .changes
    ) {
        self.room = room
        self.messages = messages
        self.after = after
        self.last = last
        self.receivedAt = receivedAt
        self.messagesOnly = messagesOnly
        self.view = view
        byteCount = messages.reduce(0) { $0 + $1.json.count }
    }

    /// The broadcast as clients of a view receive it.
    public func seen(in view: LogView) -> Broadcast { view == .changes ? self : messagesOnly ?? self }

    /// Whether `next` is of the same room and begins where this broadcast ends.
    func precedes(_ next: Broadcast) -> Bool { next.room == room && next.after == last }

    /// This broadcast merged with `next`, which it precedes.
    func merged(with next: Broadcast) -> Broadcast {
        assert(precedes(next))
        let hidesRows = messagesOnly != nil || next.messagesOnly != nil
        let view: LogView = view == .messages || next.view == .messages ? .messages : .changes
        return Broadcast(
            room: room, messages + next.messages, after: after, last: next.last,
            receivedAt: receivedAt ?? next.receivedAt,
            messagesOnly: hidesRows ? seen(in: .messages).merged(with: next.seen(in: .messages)) : nil, view: view)
    }
}
