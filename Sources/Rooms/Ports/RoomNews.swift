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

/// What a row of `rooms` says: the numbers that the room's log may hold.
public struct RoomSpan: Sendable, Hashable {
    /// The largest number of a message: the largest integer that every JSON reader keeps (RFC 8259 section 6).
    public static let seqMax: Int64 = 1 << 53 - 1

    /// Which room.
    public var room: RoomID
    /// The oldest number that the log may hold, 1 to `seqMax + 1`; `lastSeq + 1` or more when it holds none.
    public var firstSeq: Int64
    /// The newest number that was given to a message, 0 to `seqMax`; 0 before the first.
    public var lastSeq: Int64

    /// The numbers of a room.
    public init(room: RoomID, firstSeq: Int64, lastSeq: Int64) {
        self.room = room
        self.firstSeq = firstSeq
        self.lastSeq = lastSeq
    }

    /// Whether the numbers are in range. SQL can write others into `rooms`; a store does not hand them out.
    public var isValid: Bool {
        (1...Self.seqMax + 1).contains(firstSeq) && (0...Self.seqMax).contains(lastSeq)
    }
}

/// What the store has of a room beyond a number, as of one moment.
public struct RoomNews: Sendable, Equatable {
    /// The room's numbers at that moment.
    public var span: RoomSpan
    /// What follows the number: up to the last one that was asked for, or less if that is much.
    ///
    /// A run that ends at its beginning holds no information about what follows it.
    public var run: LogRun

    /// News of a room.
    public init(span: RoomSpan, run: LogRun) {
        self.span = span
        self.run = run
    }
}

/// Older messages of a room.
public struct HistoryPage: Sendable, Equatable {
    /// The messages, ascending by `seq`.
    public var messages: [StoredMessage]
    /// Whether the log holds older ones.
    public var more: Bool

    /// A page of history.
    public init(messages: [StoredMessage], more: Bool) {
        self.messages = messages
        self.more = more
    }
}

/// What one drain of the inbox did.
public struct InboxBatch: Sendable, Equatable {
    /// Rows taken out of the inbox, stored or rejected; 0 if it was empty or another process drains it.
    public var taken: Int
    /// What was stored, one run for each room.
    public var runs: [LogRun]

    /// The outcome of a drain.
    public init(taken: Int, runs: [LogRun]) {
        self.taken = taken
        self.runs = runs
    }
}
