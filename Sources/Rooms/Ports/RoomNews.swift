/// A place in the log: a room, and a number in it (0 before the first message).
public struct RoomPosition: Sendable, Hashable {
    /// Which room.
    public var room: RoomID
    /// The number of a message.
    public var seq: Int64

    /// A place in the log.
    public init(room: RoomID, seq: Int64) {
        self.room = room
        self.seq = seq
    }
}

/// What the store has of a room beyond what somebody knows, as of one moment.
public struct RoomNews: Sendable, Equatable {
    /// Which room.
    public var room: RoomID
    /// The number of the newest committed message.
    public var lastSeq: Int64
    /// The oldest number still in `log`; `lastSeq + 1` when none is.
    public var firstSeq: Int64
    /// The oldest messages that are news, ascending; not all of them, if they are many.
    public var messages: [StoredMessage]

    /// News of a room.
    public init(room: RoomID, lastSeq: Int64, firstSeq: Int64, messages: [StoredMessage]) {
        self.room = room
        self.lastSeq = lastSeq
        self.firstSeq = firstSeq
        self.messages = messages
    }
}
