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
        var newsReads: [[RoomPosition]] = []
        var rings: [[RoomPosition]?] = []

        func span(_ room: RoomID) -> (first: Int64, last: Int64) {
            let last = log[room]?.last?.seq ?? pruned[room] ?? 0
            return (log[room]?.first?.seq ?? last + 1, last)
        }

        func page(_ room: RoomID, after: Int64, through: Int64, limit: Int, bytes: Int) -> [StoredMessage] {
            var bytesLeft = bytes
            var page: [StoredMessage] = []
            for message in log[room] ?? [] where message.seq > after && message.seq <= through && page.count < limit {
                bytesLeft -= message.text.utf8.count
                if bytesLeft < 0, !page.isEmpty { break }
                page.append(message)
            }
            return page
        }

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
    /// Holds answers of reads of pages and news.
    public let pages = Gate()
    /// Passed by requests for older messages, after the read.
    public let histories = Gate()
    /// Holds whoever rings.
    public let rings = Gate()

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
    /// The places that were asked for, one element a query for news.
    public var newsReads: [[RoomPosition]] { state.withLock { $0.newsReads } }
    /// What other processes were told, one element a ring.
    public var rung: [[RoomPosition]?] { state.withLock { $0.rings } }
    /// The identity of the log's past.
    public var epoch: String { state.withLock { $0.epoch } }

    /// The log's past becomes another one: rooms lose their newest messages.
    public func restore(epoch: String, losing count: Int = 0, in room: RoomID = RoomID(0)) {
        state.withLock { state in
            state.epoch = epoch
            state.log[room]?.removeLast(count)
        }
    }

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
            let (first, last) = state.span(room)
            return RoomSnapshot(
                lastSeq: last, firstSeq: first, epoch: state.epoch, recent: (state.log[room] ?? []).suffix(recent))
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
        in room: RoomID, after: Int64, through: Int64, limit: Int, bytes: Int
    ) async throws(StoreError) -> [StoredMessage] {
        let page = try read { state in
            state.pageReads += 1
            return state.page(room, after: after, through: through, limit: limit, bytes: bytes)
        }
        await pages.pass()
        return page
    }

    /// See `MessageStore`.
    public func messages(in room: RoomID, before: Int64, limit: Int) async throws(StoreError) -> [StoredMessage] {
        let page = try read { state in Array((state.log[room] ?? []).filter { $0.seq < before }.suffix(limit)) }
        await histories.pass()
        return page
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

    /// See `MessageStore`.
    public func news(after known: [RoomPosition], limit: Int, bytes: Int) async throws(StoreError) -> [RoomNews] {
        let news = try read { state in
            state.newsReads.append(known)
            var bytesLeft = bytes
            var news: [RoomNews] = []
            for position in known {
                let (first, last) = state.span(position.room)
                guard last != position.seq else { continue }
                let isFirst = news.allSatisfy(\.messages.isEmpty)
                var messages = state.page(
                    position.room, after: position.seq, through: last, limit: limit, bytes: bytesLeft)
                if !isFirst, let size = messages.first?.text.utf8.count, size > bytesLeft { messages = [] }
                bytesLeft -= messages.reduce(0) { $0 + $1.text.utf8.count }
                news.append(RoomNews(room: position.room, lastSeq: last, firstSeq: first, messages: messages))
            }
            return news
        }
        await pages.pass()
        return news
    }

    /// See `MessageStore`.
    public func epoch() async throws(StoreError) -> String { try read { $0.epoch } }

    /// See `MessageStore`.
    public func ring(_ positions: [RoomPosition]?) async throws(StoreError) {
        try read { $0.rings.append(positions) }
        await rings.pass()
    }

    private func read<Value: Sendable>(_ body: (inout State) -> Value) throws(StoreError) -> Value {
        try state.withLock { state throws(StoreError) in
            guard !state.isAway else { throw .unavailable("away") }
            return body(&state)
        }
    }
}
