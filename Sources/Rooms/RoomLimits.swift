/// The limits of the core; each is also a metric when it bites.
public struct RoomLimits: Sendable {
    /// Messages kept in memory a room, so that joins and short absences need no database. 0 or more.
    public var recentPerRoom = 256
    /// Bytes of encoded messages kept in memory a room; the older ones go first.
    public var recentBytesMax = 4 << 20
    /// Messages a joining member is shown when it does not say; at most `historyMax`.
    public var historyOnJoin = 100
    /// The most messages one history request or join may ask for.
    public var historyMax = 1000
    /// Bytes of the messages in one answer to a history request (a single larger message still makes an answer).
    public var historyBytesMax = 1 << 20
    /// Messages read from the store for one page of catching up.
    public var pageMessagesMax = 128
    /// Bytes of encoded messages in one page (a single larger message still makes a page).
    public var pageBytesMax = 256 << 10
    /// Messages waiting to be stored, of all rooms; beyond, senders are told `unavailable`.
    public var queueMessagesMax = 20_000
    /// Bytes of text, names and ids waiting to be stored, of all rooms; beyond, senders are told `unavailable`.
    public var queueBytesMax = 64 << 20
    /// Messages one transaction stores.
    public var batchMessagesMax = 2000
    /// Bytes of text, names and ids one transaction stores (a single larger message still makes a batch).
    public var batchBytesMax = 4 << 20
    /// How long a batch should take; one that takes longer is followed by smaller ones.
    public var batchTarget: Duration = .milliseconds(250)
    /// Messages of the first batch, and of one after small ones.
    public var batchMessagesFirst = 64
    /// Messages of the first batch of a room that is stored apart.
    public var slowMessagesFirst = 16
    /// By how much a batch is divided that the database did not finish in time. 2 or more.
    public var batchShrink = 8
    /// Batches that a room which was slow by itself must have stored quickly before it shares batches again: each return
    /// may delay all rooms once.
    public var slowRoomBatches = 1000
    /// How often a single message is tried that the database does not store in time. 1 or more.
    public var slowAttemptsMax = 3
    /// Slow rooms that are remembered; beyond, those without waiting messages share batches again.
    public var slowRoomsMax = 1000
    /// Messages that one transaction takes from the inbox.
    public var inboxMessagesMax = 2000
    /// Bytes of text that one transaction takes from the inbox (a single larger message still makes a batch).
    public var inboxBytesMax = 4 << 20
    /// How long a transaction of the inbox should take: it may hold the locks of rooms in which members speak.
    public var inboxTarget: Duration = .milliseconds(50)
    /// Batches that may be under way to the sockets before the next one waits for them.
    public var undeliveredBatchesMax = 32
    /// Sends that were stored before and wait to be answered from the store; beyond, senders are told `unavailable`.
    public var repeatsWaitingMax = 1024
    /// Rooms of which one ring of the doorbell tells; beyond, it tells that any room may have news.
    public var doorbellRoomsMax = 4096
    /// The pause between two rings; what is committed meanwhile is told together.
    public var doorbellPause: Duration = .milliseconds(5)
    /// Rooms whose missed messages one query reads; fewer after one that the database did not finish in time.
    public var catchUpRoomsMax = 1000
    /// Bytes of text that one such query reads (a single larger message still makes an answer).
    public var catchUpBytesMax = 4 << 20
    /// How often rooms and inbox are looked at without any hint.
    public var lookInterval: Duration = .seconds(1)
    /// The pause after a failed attempt to ring or to read.
    public var retryPause: Duration = .milliseconds(250)
    /// Connections one session may have open; nil for any number.
    public var connectionsPerSessionMax: Int?
    /// Changes of sessions that are told apart while logins are under way; beyond, logins look their session up again.
    public var sessionChangesMax = 4096
    /// In how many sweeps each session is looked at once, if it is not about to expire. 1 to 16.
    public var sweepsPerSession = 10
    /// Sessions are looked at in every sweep from this time before they expire, by this machine's clock: more than the
    /// clocks of the machines differ.
    public var expiryMargin: Duration = .seconds(60)
    /// Rooms alive at once in this process; beyond, joins fail with `overloaded`.
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
