/// Where messages are kept; the database implements it.
///
/// Every method throws `StoreError.unavailable` while the store cannot be reached; the caller decides whether to wait.
public protocol MessageStore: Sendable {
    /// The state of a room as committed now, creating its row on first use.
    ///
    /// - Parameter recent: how many of the newest messages to bring along, 0 or more.
    func openRoom(_ room: RoomID, recent: Int) async throws(StoreError) -> RoomSnapshot

    /// Stores every message of the batch in one transaction and returns after the commit.
    ///
    /// Repeating a batch with the same `Batch.id` is safe: if an earlier attempt committed, its receipt is returned
    /// again and nothing is stored twice. So after `unavailable` the caller sends the same batch again.
    ///
    /// - Throws: `StoreError.rejected` when the database refused the transaction as a whole (nothing is stored).
    func append(_ batch: Batch) async throws(StoreError) -> Receipt

    /// The oldest messages with `seq` in `after + 1 ... through`, ascending, at most `limit`, and beyond the first one
    /// at most `bytes` of text.
    func messages(
        in room: RoomID, after: Int64, through: Int64, limit: Int, bytes: Int
    ) async throws(StoreError) -> [StoredMessage]

    /// The newest messages with `seq < before`, ascending, at most `limit`.
    func messages(in room: RoomID, before: Int64, limit: Int) async throws(StoreError) -> [StoredMessage]

    /// Numbers and stores at most `limit` messages that SQL clients left in the inbox through `new_message()`, in
    /// their order, and returns them after the commit; empty when the inbox is.
    func drainInbox(limit: Int) async throws(StoreError) -> [StoredMessage]

    /// What the rooms have beyond these places, in one query for all: those rooms whose newest message is another one.
    ///
    /// - Parameters:
    ///   - known: ascending by room, each room once.
    ///   - limit: messages of each room.
    ///   - bytes: of text in the whole answer, beyond the first message.
    func news(after known: [RoomPosition], limit: Int, bytes: Int) async throws(StoreError) -> [RoomNews]

    /// The identity of the log's past as of now.
    func epoch() async throws(StoreError) -> String

    /// Tells the other processes how far rooms have come (nil: that any may have news); a hint that may be lost.
    func ring(_ positions: [RoomPosition]?) async throws(StoreError)
}

/// What the rooms need to know when a room comes to life.
public struct RoomSnapshot: Sendable, Equatable {
    /// The number of the newest committed message, 0 in a room without any.
    public var lastSeq: Int64
    /// The oldest number still in `log` (pruning raises it); `lastSeq + 1` when none is.
    public var firstSeq: Int64
    /// The identity of the log's past; a client's cursor holds only within one epoch.
    public var epoch: String
    /// The newest messages, ascending, ending with `lastSeq`.
    public var recent: [StoredMessage]

    /// A snapshot of a room.
    public init(lastSeq: Int64, firstSeq: Int64, epoch: String, recent: [StoredMessage]) {
        self.lastSeq = lastSeq
        self.firstSeq = firstSeq
        self.epoch = epoch
        self.recent = recent
    }
}

/// Why the store did not do what it was asked.
public enum StoreError: Error, Sendable, Equatable {
    /// The database cannot be reached or the connection broke; the outcome of a commit may be unknown. Try again.
    case unavailable(String)
    /// The database refused the statement (constraint, trigger, permission); nothing was stored. `code` is a SQLSTATE.
    case rejected(code: String, detail: String)

    /// What happened, in words for people.
    public var reason: String {
        switch self {
        case .unavailable(let reason): reason
        case .rejected(let code, let detail): "\(detail) (SQLSTATE \(code))"
        }
    }
}
