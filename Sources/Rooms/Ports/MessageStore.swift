/// Where messages are stored; the database implements it.
///
/// Every method throws `StoreError.unavailable` while the store cannot be reached; the caller decides whether to wait.
public protocol MessageStore: Sendable {
    /// The executor on which calls cost least; callers that make many calls run on it.
    var executor: any SerialExecutor { get }

    /// The committed state of a room. Creates the room's row on first use.
    ///
    /// - Parameter recent: the number of newest rows, messages and changes, to return; 0 or more.
    func openRoom(_ room: RoomID, recent: Int) async throws(StoreError) -> RoomSnapshot

    /// Stores every message of the batch in one transaction and returns after the commit.
    ///
    /// Repeating a batch with the same `Batch.id` is safe: if an earlier attempt committed, its receipt is returned
    /// again and nothing is stored twice. After `unavailable` the caller therefore sends the same batch again.
    ///
    /// - Throws: `StoreError.rejected` if the database rejected the whole transaction: this attempt stored nothing.
    ///   `StoreError.forgotten` if the store no longer knows this process: this attempt stored nothing, and it is
    ///   impossible to find out whether an earlier attempt did.
    func append(_ batch: Batch) async throws(StoreError) -> Receipt

    /// Makes sure that no earlier attempt to store this batch, the newest of its lane, can commit from now on.
    ///
    /// - Returns: whether an earlier attempt has committed; `append` then returns its receipt.
    func settle(_ batch: BatchID) async throws(StoreError) -> Bool

    /// Carries out changes of messages in one transaction and returns after the commit.
    ///
    /// Repeating a batch with the same `ChangeBatch.number` is safe, as with `append`.
    ///
    /// - Throws: `StoreError.rejected` if the database rejected the whole transaction: this attempt stored nothing.
    ///   `StoreError.forgotten` as with `append`.
    func change(_ batch: ChangeBatch) async throws(StoreError) -> ChangeReceipt

    /// What a room's log holds in `after + 1 ... through`: the oldest rows, at most `limit`, and beyond the first
    /// one at most `bytes` of text. The run reaches as far as these limits allow, and always beyond `after` if
    /// `through` is larger. Its `targets` are empty.
    func messages(
        in room: RoomID, after: Int64, through: Int64, limit: Int, bytes: Int
    ) async throws(StoreError) -> RoomNews

    /// The newest messages with `seq < before` that this view shows, at most `limit`, and beyond the first one at most
    /// `bytes` of text.
    func history(
        in room: RoomID, before: Int64, limit: Int, bytes: Int, view: LogView
    ) async throws(StoreError) -> HistoryPage

    /// The span from the oldest of the newest `count` messages that this view shows to the room's newest row; nil if the
    /// room has fewer messages.
    func span(ofNewest count: Int, in room: RoomID, view: LogView) async throws(StoreError) -> RoomSpan?

    /// Numbers and stores messages and changes that SQL clients put into the inbox with `new_message()`,
    /// `edit_message()` and `delete_message()`, in their order, at most `limit` and beyond the first one at most `bytes`
    /// of text. Returns after the commit.
    ///
    /// - Throws: `StoreError.rejected` if the database rejected the whole transaction. A single rejected message is set
    ///   aside.
    func drainInbox(limit: Int, bytes: Int) async throws(StoreError) -> InboxBatch

    /// What the rooms have beyond the known spans, in one query for all rooms. Returns only the rooms whose span has
    /// changed.
    ///
    /// A run may end at its `after` when the answer is full; the first run with news does not.
    ///
    /// - Parameters:
    ///   - known: ascending by room, each room once.
    ///   - limit: messages of each room.
    ///   - bytes: of text in the whole answer, beyond the first message.
    func news(after known: [RoomSpan], limit: Int, bytes: Int) async throws(StoreError) -> [RoomNews]

    /// The current epoch, which identifies the log's past.
    func epoch() async throws(StoreError) -> String

    /// Notifies the other processes of the newest numbers of rooms (nil: any room may have news). A hint that may be
    /// lost.
    func ring(_ positions: [RoomPosition]?) async throws(StoreError)
}

/// The state of a room that is read when the room is opened.
public struct RoomSnapshot: Sendable, Equatable {
    /// The room's numbers.
    public var span: RoomSpan
    /// The epoch, which identifies the log's past. A client's cursor is valid only within one epoch.
    public var epoch: String
    /// The newest messages of the span, ascending.
    public var recent: [StoredMessage]
    /// The changes among the newest rows of the span, ascending.
    public var changes: [StoredChange]

    /// A snapshot of a room.
    public init(span: RoomSpan, epoch: String, recent: [StoredMessage], changes: [StoredChange] = []) {
        self.span = span
        self.epoch = epoch
        self.recent = recent
        self.changes = changes
    }
}

/// Why a call to the store failed.
public enum StoreError: Error, Sendable, Equatable {
    /// The database cannot be reached or the connection broke; the outcome of a commit may be unknown. Try again.
    case unavailable(String)
    /// The database rejected the statement over a working connection (constraint, trigger, permission, time-out);
    /// nothing was stored. `code` is a SQLSTATE.
    case rejected(code: String, detail: String)
    /// The database no longer knows this process, so it cannot distinguish a repeated batch from a new one. The next
    /// batch is stored under another name.
    case forgotten

    /// Whether the statement was cancelled by a time-out or by an operator.
    public var isTimeout: Bool {
        // query_canceled (PostgreSQL manual, appendix A)
        if case .rejected("57014", _) = self { true } else { false }
    }

    /// A human-readable description of the error.
    public var reason: String {
        switch self {
        case .unavailable(let reason): reason
        case .rejected(let code, let detail): "\(detail) (SQLSTATE \(code))"
        case .forgotten: "the database has forgotten this process"
        }
    }
}
