internal import NIOCore
internal import NIOPosix
package import Rooms
internal import Synchronization

/// A message store in memory that meets the contract of `MessageStore` and fails on request.
package final class FakeStore: MessageStore {
    /// The outcome of one `append`.
    package enum Fault: Sendable {
        /// The connection breaks before the commit.
        case brokenBefore
        /// The commit succeeds and the connection breaks before the answer.
        case brokenAfter
        /// No fault.
        case none
    }

    private struct State {
        var log = FakeLog()
        var faults: [Fault] = []
        var isAway = false
        var losesInboxReply = false
        var unreadable: Set<RoomID> = []
        var timeoutAbove = Int.max
        var appends: [Batch] = []
        var settled: [BatchID] = []
        var changeBatches: [ChangeBatch] = []
        var lastChange: (number: Int64, receipt: ChangeReceipt)?
        var drains: [Int] = []
        var pageReads = 0
        var newsReads: [[RoomSpan]] = []
        var rings: [[RoomPosition]?] = []
    }

    /// Holds answers of `openRoom` after the read; they may be out of date when they arrive.
    package let opens = Gate()
    /// Holds answers of `append`, after the commit.
    package let commits = Gate()
    /// Holds answers of reads of pages and news.
    package let pages = Gate()
    /// Holds answers of `drainInbox`, after the commit.
    package let inbox = Gate()
    /// Holds answers to requests for older messages, after the read.
    package let histories = Gate()
    /// Holds notifications.
    package let rings = Gate()

    /// A message with this text is rejected by the database.
    package static let poison = "poison"
    /// A message with this text is dropped by a trigger.
    package static let dropped = "dropped"
    /// A trigger replaces this text.
    package static let rude = "rude"
    /// A batch that contains this text does not finish in time.
    package static let slow = "slow"
    private let state = Mutex(State())

    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    /// An empty store.
    package init() {}

    /// See `MessageStore`.
    package var executor: any SerialExecutor { loop.executor }

    /// What a room's log holds.
    package func log(_ room: RoomID) -> [StoredMessage] { state.withLock { $0.log.visible(room) } }
    /// What a room's log holds, messages and changes, as clients receive it.
    package func rows(_ room: RoomID) -> [EncodedMessage] {
        let run = state.withLock { $0.log.run(room, after: 0, through: .max, limit: .max, bytes: .max) }
        return (run.messages.map(EncodedMessage.init) + run.changes.map(EncodedMessage.init)).sorted { $0.seq < $1.seq }
    }
    /// Every batch that `append` received, including repeated ones.
    package var appends: [Batch] { state.withLock { $0.appends } }
    /// Every batch that `settle` received.
    package var settled: [BatchID] { state.withLock { $0.settled } }
    /// What moderators did, in order.
    package var moderations: [ModerationAction] { state.withLock { $0.log.moderations } }
    /// Every batch that `change` received, including repeated ones.
    package var changeBatches: [ChangeBatch] { state.withLock { $0.changeBatches } }
    /// The limit of each drain of the inbox.
    package var drains: [Int] { state.withLock { $0.drains } }
    /// The number of pages read.
    package var pageReads: Int { state.withLock { $0.pageReads } }
    /// The spans that were queried, one element for each query for news.
    package var newsReads: [[RoomSpan]] { state.withLock { $0.newsReads } }
    /// The notifications to other processes.
    package var rung: [[RoomPosition]?] { state.withLock { $0.rings } }
    /// The epoch, which identifies the log's past.
    package var epoch: String { state.withLock { $0.log.epoch } }

    /// Changes the epoch and removes the newest messages of a room.
    package func restore(epoch: String, losing count: Int = 0, in room: RoomID = RoomID(0)) {
        state.withLock { state in
            state.log.epoch = epoch
            state.log.rooms[room]?.messages.removeLast(count)
            state.log.rooms[room]?.lastSeq -= Int64(count)
        }
    }

    /// Sets the faults of the next appends, one for each.
    package func script(_ faults: [Fault]) { state.withLock { $0.faults = faults } }
    /// Makes the database unavailable or available again.
    package func isAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }
    /// The next drain of the inbox commits, and its answer is lost.
    package func loseInboxReply() { state.withLock { $0.losesInboxReply = true } }
    /// Makes larger batches time out.
    package func timesOut(above messages: Int) { state.withLock { $0.timeoutAbove = messages } }
    /// Makes the database reject queries for news of these rooms.
    package func refusesNews(of rooms: Set<RoomID>) { state.withLock { $0.unreadable = rooms } }
    /// Removes the receipts of this process.
    package func forgetWriters() { state.withLock { $0.log.isForgotten = true } }

    /// Stores messages in a room as another process does.
    @discardableResult
    package func elsewhere(_ texts: [String], in room: RoomID, user: String = "elsewhere") -> [StoredMessage] {
        state.withLock { state in texts.map { state.log.store(room, user: user, text: $0, clientID: nil) } }
    }

    /// Changes a message as another process does.
    package func changeElsewhere(_ target: Int64, _ action: ChangeDraft.Action, in room: RoomID) {
        let draft = ChangeDraft(
            target: target, action: action, user: "elsewhere", identity: .name("elsewhere"), isModerator: true,
            editWindowSeconds: nil, clientID: nil)
        _ = state.withLock { $0.log.change(ChangeBatch.Request(room: room, draft: draft)) }
    }

    /// Puts a message into the inbox, as a SQL client does with `new_message()`.
    package func newMessage(_ text: String, in room: RoomID, user: String = "sql") {
        state.withLock { $0.log.inbox.append((room, user, text)) }
    }

    /// Deletes a room's messages before a number, and updates the room's row.
    package func prune(_ room: RoomID, before seq: Int64) {
        state.withLock { state in
            state.log.rooms[room]?.messages.removeAll { $0.seq < seq }
            state.log.rooms[room]?.firstSeq = seq
        }
    }

    /// Deletes rows without an update of the room's row.
    package func delete(_ seqs: ClosedRange<Int64>, in room: RoomID) {
        state.withLock { $0.log.rooms[room]?.messages.removeAll { seqs.contains($0.seq) } }
    }

    /// See `MessageStore`.
    package func openRoom(_ room: RoomID, recent: Int) async throws(StoreError) -> RoomSnapshot {
        let snapshot = try read { state in
            let span = state.log.span(room)
            let rows = (state.log.visible(room).map(\.seq) + (state.log.rooms[room]?.changes ?? []).map(\.seq)).sorted()
            let after = rows.suffix(recent).first.map { $0 - 1 } ?? span.lastSeq
            let run = state.log.run(room, after: after, through: span.lastSeq, limit: .max, bytes: .max)
            return RoomSnapshot(span: span, epoch: state.log.epoch, recent: run.messages, changes: run.changes)
        }
        await opens.pass()
        return snapshot
    }

    /// See `MessageStore`.
    package func append(_ batch: Batch) async throws(StoreError) -> Receipt {
        let result = state.withLock { Self.append(batch, &$0) }
        await commits.pass()
        return try result.get()
    }

    private static func append(_ batch: Batch, _ state: inout State) -> Result<Receipt, StoreError> {
        state.appends.append(batch)
        let fault = state.faults.isEmpty ? .none : state.faults.removeFirst()
        guard !state.isAway, fault != .brokenBefore else { return .failure(.unavailable("away")) }
        guard !state.log.isForgotten else {
            state.log.isForgotten = false
            state.log.receipts = [:]
            return .failure(.forgotten)
        }
        let last = state.log.receipts[batch.id.lane]
        if let last, last.number >= batch.id.number {
            guard last.number == batch.id.number, let receipt = last.receipt else {
                return .failure(.rejected(code: "55000", detail: "late"))
            }
            return .success(receipt)
        }
        let texts = batch.groups.flatMap { $0.drafts.map(\.text) }
        if texts.contains(where: { $0.contains(poison) }) {
            return .failure(.rejected(code: "23514", detail: "poison"))
        }
        if texts.count > state.timeoutAbove || texts.contains(where: { $0.contains(slow) }) {
            return .failure(.rejected(code: "57014", detail: "slow"))
        }
        let receipt = state.log.append(batch)
        state.log.receipts[batch.id.lane] = (batch.id.number, receipt)
        return fault == .brokenAfter ? .failure(.unavailable("the outcome is unknown")) : .success(receipt)
    }

    /// See `MessageStore`.
    package func change(_ batch: ChangeBatch) async throws(StoreError) -> ChangeReceipt {
        let result = state.withLock { Self.change(batch, &$0) }
        await commits.pass()
        return try result.get()
    }

    private static func change(_ batch: ChangeBatch, _ state: inout State) -> Result<ChangeReceipt, StoreError> {
        state.changeBatches.append(batch)
        let fault = state.faults.isEmpty ? .none : state.faults.removeFirst()
        guard !state.isAway, fault != .brokenBefore else { return .failure(.unavailable("away")) }
        if let last = state.lastChange, last.number == batch.number { return .success(last.receipt) }
        if batch.requests.contains(where: { $0.draft.action == .edit(text: poison) }) {
            return .failure(.rejected(code: "23514", detail: "poison"))
        }
        state.log.clock += 1000
        let before = state.log.rooms.mapValues(\.lastSeq)
        let outcomes = batch.requests.map { state.log.change($0) }
        let runs = Set(batch.requests.map(\.room)).sorted().map { room in
            state.log.run(room, after: before[room] ?? 0, through: .max, limit: .max, bytes: .max)
        }
        let receipt = ChangeReceipt(outcomes: outcomes, runs: runs.filter { $0.through > $0.after })
        state.lastChange = (batch.number, receipt)
        return fault == .brokenAfter ? .failure(.unavailable("the outcome is unknown")) : .success(receipt)
    }

    /// See `MessageStore`.
    package func settle(_ batch: BatchID) async throws(StoreError) -> Bool {
        try read { state in
            state.settled.append(batch)
            if let last = state.log.receipts[batch.lane], last.number == batch.number { return last.receipt != nil }
            state.log.receipts[batch.lane] = (batch.number, nil)
            return false
        }
    }

    /// See `MessageStore`.
    package func messages(
        in room: RoomID, after: Int64, through: Int64, limit: Int, bytes: Int
    ) async throws(StoreError) -> RoomNews {
        let page = try read { state in
            state.pageReads += 1
            return RoomNews(
                span: state.log.span(room),
                run: state.log.run(room, after: after, through: through, limit: limit, bytes: bytes))
        }
        await pages.pass()
        return page
    }

    /// See `MessageStore`.
    package func history(
        in room: RoomID, before: Int64, limit: Int, bytes: Int, view: LogView
    ) async throws(StoreError) -> HistoryPage {
        let page = try read { state in
            let older = state.log.visible(room, in: view).filter { $0.seq < before }
            return HistoryPage(messages: older.suffix(limit), more: older.count > limit)
        }
        await histories.pass()
        return page
    }

    /// See `MessageStore`.
    package func span(ofNewest count: Int, in room: RoomID, view: LogView) async throws(StoreError) -> RoomSpan? {
        try read { state in
            let visible = state.log.visible(room, in: view)
            guard let oldest = visible.suffix(count).first, visible.count >= count else { return nil }
            return RoomSpan(room: room, firstSeq: oldest.seq, lastSeq: state.log.span(room).lastSeq)
        }
    }

    /// See `MessageStore`.
    package func drainInbox(limit: Int, bytes: Int) async throws(StoreError) -> InboxBatch {
        let batch = try drain(limit: limit)
        await inbox.pass()
        return batch
    }

    private func drain(limit: Int) throws(StoreError) -> InboxBatch {
        try state.withLock { state throws(StoreError) in
            guard !state.isAway else { throw .unavailable("away") }
            state.drains.append(limit)
            let taken = state.log.inbox.prefix(limit)
            guard taken.count <= max(1, state.timeoutAbove) else { throw .rejected(code: "57014", detail: "slow") }
            guard taken.count == 1 || !taken.contains(where: { $0.text.contains(Self.poison) }) else {
                throw .rejected(code: "23514", detail: "poison")
            }
            state.log.inbox.removeFirst(taken.count)
            state.log.clock += 1000
            let runs = Self.store(taken.filter { !$0.text.contains(Self.poison) }, &state)
            if state.losesInboxReply {
                state.losesInboxReply = false
                throw .unavailable("the outcome is unknown")
            }
            return InboxBatch(taken: taken.count, runs: runs)
        }
    }

    private static func store(
        _ taken: [(room: RoomID, user: String, text: String)], _ state: inout State
    ) -> [LogRun] {
        var runs: [RoomID: LogRun] = [:]
        for (room, user, text) in taken {
            let isDropped = text.contains(dropped)
            let stored = state.log.store(room, user: user, text: text, clientID: nil, isDropped: isDropped)
            let run = LogRun(room: room, after: stored.seq - 1, through: stored.seq, messages: [])
            runs[room, default: run].through = stored.seq
            if !isDropped { runs[room]?.messages.append(stored) }
        }
        return runs.values.sorted { $0.room < $1.room }
    }

    /// See `MessageStore`.
    package func news(after known: [RoomSpan], limit: Int, bytes: Int) async throws(StoreError) -> [RoomNews] {
        let news = try state.withLock { state throws(StoreError) in
            guard !state.isAway else { throw .unavailable("away") }
            state.newsReads.append(known)
            guard state.unreadable.isDisjoint(with: known.map(\.room)) else {
                throw .rejected(code: "XX001", detail: "unreadable")
            }
            var bytesLeft = bytes
            var news: [RoomNews] = []
            for known in known {
                let span = state.log.span(known.room)
                guard span != known else { continue }
                let run = state.log.run(
                    known.room, after: known.lastSeq, through: span.lastSeq, limit: limit, bytes: bytesLeft,
                    isFirst: news.allSatisfy(\.run.messages.isEmpty))
                bytesLeft -= run.messages.reduce(0) { $0 + $1.text.utf8.count }
                news.append(RoomNews(span: span, run: run))
            }
            return news
        }
        await pages.pass()
        return news
    }

    /// See `MessageStore`.
    package func epoch() async throws(StoreError) -> String { try read { $0.log.epoch } }

    /// See `MessageStore`.
    package func ring(_ positions: [RoomPosition]?) async throws(StoreError) {
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
