/// What the log holds between two numbers of a room.
///
/// A number in `after + 1 ... through` without a row is a fact of the log: the embedding application's trigger dropped
/// the message, or the row was deleted. No reader waits for it.
public struct LogRun: Sendable, Equatable {
    /// The room of the run.
    public var room: RoomID
    /// The number before the first one of the run.
    public var after: Int64
    /// The last number of the run; `after` or more.
    public var through: Int64
    /// All messages in `after + 1 ... through` in their current state, ascending by `seq`.
    public var messages: [StoredMessage]
    /// All changes in `after + 1 ... through`, ascending by `seq`.
    public var changes: [StoredChange]
    /// The messages that these changes concern, in their current state; any order, any number. Without those that the
    /// log does not hold any more.
    public var targets: [StoredMessage]

    /// A run of a room's log.
    public init(
        room: RoomID, after: Int64, through: Int64, messages: [StoredMessage], changes: [StoredChange] = [],
        targets: [StoredMessage] = []
    ) {
        self.room = room
        self.after = after
        self.through = through
        self.messages = messages
        self.changes = changes
        self.targets = targets
    }
}
