/// A place in the log: a room, and a number in it (0 before the first message).
public struct RoomPosition: Sendable, Hashable {
    /// The room.
    public var room: RoomID
    /// The number of a message.
    public var seq: Int64

    /// A place in the log.
    public init(room: RoomID, seq: Int64) {
        self.room = room
        self.seq = seq
    }
}

/// The numbers that a room's log may hold, from its row of `rooms`.
public struct RoomSpan: Sendable, Hashable {
    /// The largest number of a message: the largest integer that every JSON reader represents exactly (RFC 8259 section
    /// 6).
    public static let seqMax: Int64 = 1 << 53 - 1

    /// The room.
    public var room: RoomID
    /// The oldest number that the log may hold, 1 to `seqMax + 1`; `lastSeq + 1` or more if the log holds none.
    public var firstSeq: Int64
    /// The newest number that was given to a message, 0 to `seqMax`; 0 before the first.
    public var lastSeq: Int64

    /// The numbers of a room.
    public init(room: RoomID, firstSeq: Int64, lastSeq: Int64) {
        self.room = room
        self.firstSeq = firstSeq
        self.lastSeq = lastSeq
    }

    /// Whether the numbers are in range. SQL clients can write other numbers into `rooms`; a store does not return
    /// them.
    public var isValid: Bool {
        (1...Self.seqMax + 1).contains(firstSeq) && (0...Self.seqMax).contains(lastSeq)
    }
}

/// What the store has of a room after a number, at one moment.
public struct RoomNews: Sendable, Equatable {
    /// The room's numbers at that moment.
    public var span: RoomSpan
    /// What follows the number: up to the last requested number, or less if a limit is reached.
    ///
    /// A run whose `through` equals its `after` holds no information about what follows it.
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
    /// Whether the log holds older messages.
    public var more: Bool

    /// A page of history.
    public init(messages: [StoredMessage], more: Bool) {
        self.messages = messages
        self.more = more
    }
}

/// The result of one drain of the inbox.
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
