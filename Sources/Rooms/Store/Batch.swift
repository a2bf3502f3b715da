/// The messages that one transaction stores, of one or more rooms.
public struct Batch: Sendable, Equatable {
    /// The messages of one room, in the order in which they are to be numbered.
    public struct Group: Sendable, Equatable {
        /// The room of the messages.
        public var room: RoomID
        /// The messages, at least one.
        public var drafts: [Draft]

        /// The messages of one room.
        public init(room: RoomID, drafts: [Draft]) {
            self.room = room
            self.drafts = drafts
        }
    }

    /// Identifies the batch in the database, so that a retry after an unknown outcome stores nothing twice.
    public var id: BatchID
    /// One group for each room, ascending by room: the order in which rows are locked.
    public var groups: [Group]

    /// The number of messages in all groups.
    public var messageCount: Int { groups.reduce(0) { $0 + $1.drafts.count } }

    /// A batch; `groups` must be ascending by room, each room once.
    public init(id: BatchID, groups: [Group]) {
        assert(
            zip(groups, groups.dropFirst()).allSatisfy { $0.room < $1.room },
            "rooms are locked in ascending order by all processes: else two of them could wait for each other")
        assert(groups.allSatisfy { !$0.drafts.isEmpty }, "the database gives numbers to no empty group")
        self.id = id
        self.groups = groups
    }
}

/// Identifies a batch among all batches of this process.
public struct BatchID: Sendable, Hashable {
    /// One of the two lanes to the store. Each lane has one batch in progress at a time.
    public enum Lane: Int, Sendable, CaseIterable {
        /// Messages that are stored without delay.
        case live
        /// Messages of rooms whose batches the database did not finish in time.
        case slow
    }

    /// The lane of the batch.
    public var lane: Lane
    /// 1 or more; larger than the numbers of all earlier batches of the lane.
    public var number: Int64

    /// The identifier of a batch.
    public init(lane: Lane, number: Int64) {
        self.lane = lane
        self.number = number
    }
}

/// The numbers that the database gave to a committed batch.
public struct Receipt: Sendable, Equatable {
    /// A message that was not stored because its `clientID` was already stored.
    public struct Duplicate: Sendable, Equatable {
        /// Its position in the batch, counted through all groups from 0.
        public var ordinal: Int
        /// The number of the original message.
        public var originalSeq: Int64

        /// A repeated message.
        public init(ordinal: Int, originalSeq: Int64) {
            self.ordinal = ordinal
            self.originalSeq = originalSeq
        }
    }

    /// A message whose row differs from what was sent, because a trigger or the embedding application's table changed
    /// it.
    public struct Change: Sendable, Equatable {
        /// Its position in the batch, counted through all groups from 0.
        public var ordinal: Int
        /// The row's time.
        public var time: Timestamp
        /// The row's user.
        public var user: String
        /// The row's text.
        public var text: String
        /// The row's `user_id`.
        public var userID: String?

        /// A changed message.
        public init(ordinal: Int, time: Timestamp, user: String, text: String, userID: String? = nil) {
            self.ordinal = ordinal
            self.time = time
            self.user = user
            self.text = text
            self.userID = userID
        }
    }

    /// When the batch was stored, by the database's clock.
    public var time: Timestamp
    /// For each group, the number before its first message. The messages that are not duplicates have the numbers
    /// `base + 1`, `base + 2` … in their order.
    public var bases: [Int64]
    /// The messages that were already stored, ascending by ordinal.
    public var duplicates: [Duplicate]
    /// The messages whose rows differ from what was sent, ascending by ordinal.
    public var changes: [Change]
    /// The ordinals of the messages that received a number and have no row, ascending.
    public var dropped: [Int]

    /// The receipt of a commit.
    public init(
        time: Timestamp, bases: [Int64], duplicates: [Duplicate], changes: [Change] = [], dropped: [Int] = []
    ) {
        self.time = time
        self.bases = bases
        self.duplicates = duplicates
        self.changes = changes
        self.dropped = dropped
    }
}
