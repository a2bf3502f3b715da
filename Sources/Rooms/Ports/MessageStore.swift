/// Where messages are kept; the database implements it.
///
/// Every method throws `StoreError.unavailable` while the store cannot be reached; the caller decides whether to wait.
public protocol MessageStore: Sendable {
    /// Where calls cost least: who makes many of them runs there.
    var executor: any SerialExecutor { get }

    /// The state of a room as committed now, creating its row on first use.
    ///
    /// - Parameter recent: how many of the newest messages to bring along, 0 or more.
    func openRoom(_ room: RoomID, recent: Int) async throws(StoreError) -> RoomSnapshot

    /// Stores every message of the batch in one transaction and returns after the commit.
    ///
    /// Repeating a batch with the same `Batch.id` is safe: if an earlier attempt committed, its receipt is returned
    /// again and nothing is stored twice. So after `unavailable` the caller sends the same batch again.
    ///
    /// - Throws: `StoreError.rejected` when the database refused the transaction as a whole: this attempt stored
    ///   nothing. `StoreError.forgotten` when the store does not know this process any more: this attempt stored nothing,
    ///   and whether an earlier one did cannot be found out.
    func append(_ batch: Batch) async throws(StoreError) -> Receipt

    /// Makes sure that no earlier attempt to store this batch, the newest of its lane, can commit from now on.
    ///
    /// - Returns: whether one has committed; `append` then returns its receipt.
    func settle(_ batch: BatchID) async throws(StoreError) -> Bool

    /// What a room's log holds in `after + 1 ... through`: the oldest messages, at most `limit`, and beyond the first one
    /// at most `bytes` of text. The run reaches as far as these limits allow, and beyond `after` if `through` does.
    func messages(
        in room: RoomID, after: Int64, through: Int64, limit: Int, bytes: Int
    ) async throws(StoreError) -> RoomNews

    /// The newest messages with `seq < before`, at most `limit`, and beyond the first one at most `bytes` of text.
    func history(in room: RoomID, before: Int64, limit: Int, bytes: Int) async throws(StoreError) -> HistoryPage

    /// The numbers from the oldest of a room's newest `count` messages to the room's newest; nil if it has fewer messages.
    func span(ofNewest count: Int, in room: RoomID) async throws(StoreError) -> RoomSpan?

    /// Numbers and stores messages that SQL clients left in the inbox through `new_message()`, in their order, at most
    /// `limit` and beyond the first one at most `bytes` of text, and returns after the commit.
    ///
    /// - Throws: `StoreError.rejected` when the database refused the transaction as a whole. A single message that it
    ///   refuses is put aside.
    func drainInbox(limit: Int, bytes: Int) async throws(StoreError) -> InboxBatch

    /// What the rooms have beyond what is known, in one query for all: those rooms whose span is another one.
    ///
    /// A run may end at its beginning when the answer is full; the first one with news does not.
    ///
    /// - Parameters:
    ///   - known: ascending by room, each room once.
    ///   - limit: messages of each room.
    ///   - bytes: of text in the whole answer, beyond the first message.
    func news(after known: [RoomSpan], limit: Int, bytes: Int) async throws(StoreError) -> [RoomNews]

    /// The identity of the log's past as of now.
    func epoch() async throws(StoreError) -> String

    /// Tells the other processes how far rooms have come (nil: that any may have news); a hint that may be lost.
    func ring(_ positions: [RoomPosition]?) async throws(StoreError)
}

/// What the rooms need to know when a room comes to life.
public struct RoomSnapshot: Sendable, Equatable {
    /// The room's numbers.
    public var span: RoomSpan
    /// The identity of the log's past; a client's cursor holds only within one epoch.
    public var epoch: String
    /// The newest messages of the span, ascending.
    public var recent: [StoredMessage]

    /// A snapshot of a room.
    public init(span: RoomSpan, epoch: String, recent: [StoredMessage]) {
        self.span = span
        self.epoch = epoch
        self.recent = recent
    }
}

/// Why the store did not do what it was asked.
public enum StoreError: Error, Sendable, Equatable {
    /// The database cannot be reached or the connection broke; the outcome of a commit may be unknown. Try again.
    case unavailable(String)
    /// The database refused the statement over a working connection (constraint, trigger, permission, time-out);
    /// nothing was stored. `code` is a SQLSTATE.
    case rejected(code: String, detail: String)
    /// The database does not know this process any more, so it cannot tell a repeated batch from a new one. The next
    /// batch is stored under another name.
    case forgotten

    /// Whether the statement was ended because it took too long, or by an operator.
    public var isTimeout: Bool {
        // query_canceled (PostgreSQL manual, appendix A)
        if case .rejected("57014", _) = self { true } else { false }
    }

    /// What happened, in words for people.
    public var reason: String {
        switch self {
        case .unavailable(let reason): reason
        case .rejected(let code, let detail): "\(detail) (SQLSTATE \(code))"
        case .forgotten: "the database has forgotten this process"
        }
    }
}
