/// The limits of the core; a metric counts when one is reached.
public struct RoomLimits: Sendable, Equatable {
    /// Messages kept in memory for each room, so that joins and short absences need no database query. 0 or more.
    public var recentPerRoom = 256
    /// Bytes of encoded messages kept in memory for each room; the oldest are dropped first.
    public var recentBytesMax = 4 << 20
    /// Messages sent to a joining member that gives no number; at most `historyMax`.
    public var historyOnJoin = 100
    /// The maximum number of messages that one history request or join may ask for.
    public var historyMax = 1000
    /// Bytes of the messages in one history answer (a single larger message is still sent).
    public var historyBytesMax = 1 << 20
    /// Messages in one page that is read from the store for catching up.
    public var pageMessagesMax = 128
    /// Bytes of encoded messages in one page (a single larger message is still sent).
    public var pageBytesMax = 256 << 10
    /// Messages of all rooms that wait to be stored; beyond it, senders receive `unavailable`.
    public var queueMessagesMax = 20_000
    /// Bytes of text, names and ids of all rooms that wait to be stored; beyond it, senders receive `unavailable`.
    public var queueBytesMax = 64 << 20
    /// Messages that one transaction stores.
    public var batchMessagesMax = 2000
    /// Bytes of text, names and ids that one transaction stores (a single larger message is still stored).
    public var batchBytesMax = 4 << 20
    /// How long a batch should take; one that takes longer is followed by smaller ones.
    public var batchTarget: Duration = .milliseconds(250)
    /// Messages in the first batch, and in a batch after small ones.
    public var batchMessagesFirst = 64
    /// Messages in the first batch of a room in the slow lane.
    public var slowMessagesFirst = 16
    /// The divisor of the batch size after a batch that the database did not finish in time. 2 or more.
    public var batchShrink = 8
    /// The number of quick batches after which a room that was slow alone shares batches again: each return may delay
    /// all rooms once.
    public var slowRoomBatches = 1000
    /// The maximum number of attempts for a single message that the database does not store in time. 1 or more.
    public var slowAttemptsMax = 3
    /// Rooms kept in the slow lane; beyond it, those without waiting messages share batches again.
    public var slowRoomsMax = 1000
    /// Messages that one transaction takes from the inbox.
    public var inboxMessagesMax = 2000
    /// Bytes of text that one transaction takes from the inbox (a single larger message is still taken).
    public var inboxBytesMax = 4 << 20
    /// How long a transaction of the inbox should take: it may hold the locks of rooms that members write to.
    public var inboxTarget: Duration = .milliseconds(50)
    /// Changes of messages that wait to be stored; beyond it, senders receive `unavailable`.
    public var changesWaitingMax = 1024
    /// Bytes of text, names and ids of changes that wait to be stored; beyond it, senders receive `unavailable`.
    public var changeBytesWaitingMax = 8 << 20
    /// Changes that one transaction stores.
    public var batchChangesMax = 64
    /// Batches that may be published before the next one waits until all are written or queued on their sockets.
    public var undeliveredBatchesMax = 32
    /// Repeated sends that wait to be answered from the store; beyond it, senders receive `unavailable`.
    public var repeatsWaitingMax = 1024
    /// Rooms that one notification lists; beyond it, the notification stands for all rooms.
    public var doorbellRoomsMax = 4096
    /// The pause between two notifications; commits during the pause share the next one.
    public var doorbellPause: Duration = .milliseconds(5)
    /// Rooms whose missed messages one query reads; fewer after a query that the database did not finish in time.
    public var catchUpRoomsMax = 1000
    /// Bytes of text that one such query reads (a single larger message is still read).
    public var catchUpBytesMax = 4 << 20
    /// The interval at which rooms and the inbox are checked without a hint.
    public var lookInterval: Duration = .seconds(1)
    /// The pause after a failed notification or read.
    public var retryPause: Duration = .milliseconds(250)
    /// Connections that one session may have open; nil for no limit.
    public var connectionsPerSessionMax: Int? = 100
    /// Session changes kept by session; beyond it, logins in progress look their session up again.
    public var sessionChangesMax = 4096
    /// The number of sweeps in which each session is looked up once, unless it expires soon. 1 to 16.
    public var sweepsPerSession = 10
    /// The time before expiry from which every sweep looks up a session, by this machine's clock. It must be more than
    /// the clocks of the machines differ.
    public var expiryMargin: Duration = .seconds(60)
    /// Rooms in memory in this process; beyond it, joins fail with `overloaded`.
    public var roomsMax = 100_000

    /// The default limits.
    public init() {}

    var batchSize: BatchSize { batchSize(first: batchMessagesFirst) }
    var slowBatchSize: BatchSize { batchSize(first: slowMessagesFirst) }
    var inboxSize: BatchSize {
        BatchSize(first: batchMessagesFirst, ceiling: inboxMessagesMax, target: inboxTarget, shrink: batchShrink)
    }

    private func batchSize(first: Int) -> BatchSize {
        BatchSize(first: first, ceiling: batchMessagesMax, target: batchTarget, shrink: batchShrink)
    }
}
