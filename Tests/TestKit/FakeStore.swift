public import Rooms
internal import Synchronization

/// A message store in memory that keeps the port's promises and fails by script.
public final class FakeStore: MessageStore {
    /// What happens to one `append`.
    public enum Fault: Sendable {
        /// The connection breaks before the commit.
        case brokenBefore
        /// The commit succeeds and the connection breaks before the answer.
        case brokenAfter
        /// All goes well.
        case none
    }

    private struct ClientKey: Hashable {
        let room: RoomID
        let user: String
        let id: String
    }

    private struct State {
        var log: [RoomID: [StoredMessage]] = [:]
        var pruned: [RoomID: Int64] = [:]
        var epoch = "epoch-1"
        var inbox: [(room: RoomID, user: String, text: String)] = []
        var receipts: [BatchID: Receipt] = [:]
        var clientIDs: [ClientKey: Int64] = [:]
        var clock: Int64 = 1_470_676_832_421_000
        var faults: [Fault] = []
        var isAway = false
        var losesInboxReply = false
        var appends: [Batch] = []
        var pageReads = 0

        mutating func store(_ room: RoomID, user: String, text: String, id: String?) -> StoredMessage {
            let last = log[room]?.last?.seq ?? pruned[room] ?? 0
            let message = StoredMessage(
                room: room, seq: last + 1, time: Timestamp(microseconds: clock), user: user, text: text, clientID: id)
            log[room, default: []].append(message)
            return message
        }
    }

    /// Hold answers, after the work is done: the state they tell of may be old when they arrive.
    public let opens = Gate()
    /// Holds answers of `append`, after the commit.
    public let commits = Gate()
    /// Holds answers of reads of pages.
    public let pages = Gate()

    /// A text that holds this is refused by the database.
    public static let poison = "poison"
    private let state = Mutex(State())

    /// An empty store.
    public init() {}

    /// What a room's log holds.
    public func log(_ room: RoomID) -> [StoredMessage] { state.withLock { $0.log[room] ?? [] } }
    /// Every batch that came to `append`, repeated ones too.
    public var appends: [Batch] { state.withLock { $0.appends } }
    /// Pages read so far.
    public var pageReads: Int { state.withLock { $0.pageReads } }
    /// The identity of the log's past.
    public var epoch: String { state.withLock { $0.epoch } }

    /// What happens to the next appends, one each.
    public func script(_ faults: [Fault]) { state.withLock { $0.faults = faults } }
    /// The database goes away or comes back.
    public func isAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }
    /// The next drain of the inbox commits, and its answer is lost.
    public func loseInboxReply() { state.withLock { $0.losesInboxReply = true } }

    /// Another process stores messages in a room.
    @discardableResult
    public func elsewhere(_ texts: [String], in room: RoomID, user: String = "elsewhere") -> [StoredMessage] {
        state.withLock { state in texts.map { state.store(room, user: user, text: $0, id: nil) } }
    }

    /// A SQL client says something through `new_message()`.
    public func newMessage(_ text: String, in room: RoomID, user: String = "sql") {
        state.withLock { $0.inbox.append((room, user, text)) }
    }

    /// Deletes a room's messages before a number.
    public func prune(_ room: RoomID, before seq: Int64) {
        state.withLock { state in
            state.log[room]?.removeAll { $0.seq < seq }
            state.pruned[room] = seq - 1
        }
    }

    /// See `MessageStore`.
    public func openRoom(_ room: RoomID, recent: Int) async throws(StoreError) -> RoomSnapshot {
        let snapshot = try read { state in
            let log = state.log[room] ?? []
            let pruned = state.pruned[room] ?? 0
            let last = log.last?.seq ?? pruned
            return RoomSnapshot(
                lastSeq: last, firstSeq: log.first?.seq ?? last + 1, epoch: state.epoch, recent: log.suffix(recent))
        }
        await opens.pass()
        return snapshot
    }

    /// See `MessageStore`.
    public func append(_ batch: Batch) async throws(StoreError) -> Receipt {
        let result = state.withLock { Self.append(batch, &$0) }
        await commits.pass()
        return try result.get()
    }

    private static func append(_ batch: Batch, _ state: inout State) -> Result<Receipt, StoreError> {
        state.appends.append(batch)
        let fault = state.faults.isEmpty ? .none : state.faults.removeFirst()
        guard !state.isAway, fault != .brokenBefore else { return .failure(.unavailable("away")) }
        if let receipt = state.receipts[batch.id] { return .success(receipt) }
        if batch.groups.contains(where: { $0.drafts.contains { $0.text.contains(poison) } }) {
            return .failure(.rejected(code: "23514", detail: "poison"))
        }
        state.clock += 1000
        var receipt = Receipt(time: Timestamp(microseconds: state.clock), bases: [], duplicates: [])
        var ordinal = 0
        for group in batch.groups {
            receipt.bases.append(state.log[group.room]?.last?.seq ?? state.pruned[group.room] ?? 0)
            for draft in group.drafts {
                let key = draft.clientID.map { ClientKey(room: group.room, user: draft.user, id: $0) }
                if let key, let original = state.clientIDs[key] {
                    receipt.duplicates.append(.init(ordinal: ordinal, originalSeq: original))
                } else {
                    let stored = state.store(group.room, user: draft.user, text: draft.text, id: draft.clientID)
                    if let key { state.clientIDs[key] = stored.seq }
                }
                ordinal += 1
            }
        }
        state.receipts[batch.id] = receipt
        return fault == .brokenAfter ? .failure(.unavailable("the outcome is unknown")) : .success(receipt)
    }

    /// See `MessageStore`.
    public func messages(
        in room: RoomID, after: Int64, through: Int64, limit: Int
    ) async throws(StoreError) -> [StoredMessage] {
        let page = try read { state in
            state.pageReads += 1
            return Array((state.log[room] ?? []).filter { $0.seq > after && $0.seq <= through }.prefix(limit))
        }
        await pages.pass()
        return page
    }

    /// See `MessageStore`.
    public func messages(in room: RoomID, before: Int64, limit: Int) async throws(StoreError) -> [StoredMessage] {
        try read { state in Array((state.log[room] ?? []).filter { $0.seq < before }.suffix(limit)) }
    }

    /// See `MessageStore`.
    public func drainInbox(limit: Int) async throws(StoreError) -> [StoredMessage] {
        try state.withLock { state throws(StoreError) in
            guard !state.isAway else { throw .unavailable("away") }
            let taken = state.inbox.prefix(limit)
            state.inbox.removeFirst(taken.count)
            state.clock += 1000
            let stored = taken.map { state.store($0.room, user: $0.user, text: $0.text, id: nil) }
            if state.losesInboxReply {
                state.losesInboxReply = false
                throw .unavailable("the outcome is unknown")
            }
            return stored
        }
    }

    private func read<Value: Sendable>(_ body: (inout State) -> Value) throws(StoreError) -> Value {
        try state.withLock { state throws(StoreError) in
            guard !state.isAway else { throw .unavailable("away") }
            return body(&state)
        }
    }
}
