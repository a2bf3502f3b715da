/// What one transaction stores: messages of one or more rooms.
public struct Batch: Sendable, Equatable {
    /// The messages of one room, in the order in which they are to be numbered.
    public struct Group: Sendable, Equatable {
        /// Where they were said.
        public var room: RoomID
        /// The messages, at least one.
        public var drafts: [Draft]

        /// The messages of one room.
        public init(room: RoomID, drafts: [Draft]) {
            self.room = room
            self.drafts = drafts
        }
    }

    /// Names the batch in the database, so that repeating it after an unknown outcome stores nothing twice.
    public var id: BatchID
    /// One group a room, ascending by room: the order in which rows are locked.
    public var groups: [Group]

    /// The number of messages in all groups.
    public var messageCount: Int { groups.reduce(0) { $0 + $1.drafts.count } }

    /// A batch; `groups` must be ascending by room, each room once.
    public init(id: BatchID, groups: [Group]) {
        self.id = id
        self.groups = groups
    }
}

/// 128 random bits that name a batch; stored as a `uuid`.
public struct BatchID: Sendable, Hashable {
    /// The first eight bytes, big-endian.
    public var high: UInt64
    /// The last eight bytes, big-endian.
    public var low: UInt64

    /// A name made of two words.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A fresh random name.
    public static func random() -> BatchID {
        BatchID(high: .random(in: .min ... .max), low: .random(in: .min ... .max))
    }
}

/// The numbers that the database gave to a committed batch.
public struct Receipt: Sendable, Equatable {
    /// A message that was not stored because its `clientID` had been stored before.
    public struct Duplicate: Sendable, Equatable {
        /// Its place in the batch, counting through all groups from 0.
        public var ordinal: Int
        /// The number of the message that was stored then.
        public var originalSeq: Int64

        /// A repeated message.
        public init(ordinal: Int, originalSeq: Int64) {
            self.ordinal = ordinal
            self.originalSeq = originalSeq
        }
    }

    /// When the batch was stored, by the database's clock.
    public var time: Timestamp
    /// For each group, the number before its first stored message: the messages that are no duplicates are
    /// `base + 1`, `base + 2` … in their order.
    public var bases: [Int64]
    /// The messages that had been stored before, ascending by ordinal.
    public var duplicates: [Duplicate]

    /// What a commit gave.
    public init(time: Timestamp, bases: [Int64], duplicates: [Duplicate]) {
        self.time = time
        self.bases = bases
        self.duplicates = duplicates
    }
}
