/// The order of one room as this process knows it. The part of `Room` that is a pure value.
struct Timeline: Sendable {
    /// What a join starts with.
    struct Start: Equatable {
        /// The member receives the messages after this number.
        var cursor: Int64
        /// Whether the member continues exactly where the client asked.
        var resumed: Bool
        /// Why an exact resume was refused, if the client asked for one.
        var reset: ResumeRefusal?
    }

    /// How to handle a committed run.
    enum Admission: Equatable {
        /// It continues the room: broadcast its rows.
        case show(EncodedRun)
        /// Messages before it are missing: read the store.
        case gap
        /// It holds no new messages.
        case known
    }

    /// Where to read the page after a cursor.
    enum PageSource: Equatable {
        case memory(Page)
        case store(after: Int64, through: Int64)
    }

    /// Everything that the log holds up to this number has been broadcast.
    private(set) var head: Int64
    /// The oldest number that the log may hold.
    private(set) var firstSeq: Int64
    /// The newest message number that this process has learned from the store.
    private(set) var newest: Int64
    let epoch: String
    /// No row of the log has a number between this one and `head + 1`.
    private var lastRow: Int64
    /// No message that every client receives has a number between this one and `head + 1`.
    private var lastMessage: Int64
    /// The last number that the newest broadcast covered.
    private var broadcastThrough: Int64
    private var recent: Recent
    private let limits: RoomLimits

    init(_ snapshot: RoomSnapshot, limits: RoomLimits) {
        self.limits = limits
        head = snapshot.span.lastSeq
        newest = snapshot.span.lastSeq
        broadcastThrough = snapshot.span.lastSeq
        firstSeq = min(snapshot.span.firstSeq, snapshot.span.lastSeq + 1)
        epoch = snapshot.epoch
        // The predecessor of the oldest row read may have any smaller number, unless these are all rows.
        let rows = [EncodedMessage](snapshot.recent, snapshot.changes)
        let isAll = rows.count < max(1, limits.recentPerRoom)
        let before = rows.first.map { $0.seq - 1 } ?? head
        let floor = isAll ? min(before, firstSeq - 1) : before
        recent = Recent(floor: floor, countMax: limits.recentPerRoom, bytesMax: limits.recentBytesMax)
        lastRow = rows.last?.seq ?? (firstSeq - 1)
        lastMessage = rows.last { $0.kind == .message }?.seq ?? min(floor, lastRow)
        for row in rows.following(floor) { recent.append(row) }
    }

    /// The span from the oldest number that the log may hold to the head, for the room with this id.
    func span(of room: RoomID) -> RoomSpan { RoomSpan(room: room, firstSeq: firstSeq, lastSeq: head) }

    /// Adds a committed run to the timeline.
    mutating func admit(_ run: EncodedRun) -> Admission {
        guard run.through > head else { return .known }
        guard run.after <= head else { return .gap }
        let rows = (run.after == head ? run.messages : run.messages.filter { $0.seq > head }).following(lastRow)
        head = run.through
        newest = max(newest, head)
        guard let last = rows.last else { return .known }
        let messagesOnly =
            lastMessage == lastRow && rows.allSatisfy { $0.kind == .message }
            ? nil : rows.visible(in: .messages, following: lastMessage)
        lastRow = last.seq
        lastMessage = rows.last { $0.kind == .message }?.seq ?? lastMessage
        for row in rows { recent.append(row) }
        for target in run.targets { recent.replace(target) }
        for target in run.missing { recent.remove(target) }
        for edit in run.superseded { recent.removeText(ofEdit: edit) }
        defer { broadcastThrough = head }
        var shown = EncodedRun(after: broadcastThrough, through: head, messages: rows)
        shown.messagesOnly = messagesOnly
        return .show(shown)
    }

    /// Updates the numbers from the store's current row of the room.
    mutating func learn(_ span: RoomSpan) {
        newest = max(newest, span.lastSeq)
        guard span.firstSeq > firstSeq else { return }
        firstSeq = min(span.firstSeq, newest + 1)
        recent.forget(before: firstSeq)
    }

    /// Records that these rows are all that the store has now in `after + 1 ... through`; earlier ones there have been
    /// deleted.
    ///
    /// The next message then tells members that did not receive the deleted ones that these numbers are missing.
    mutating func confirmed(_ rows: [EncodedMessage], after: Int64, through: Int64) {
        guard through >= head else { return }
        lastRow = min(lastRow, rows.last?.seq ?? after)
        lastMessage = min(lastMessage, rows.last { $0.kind == .message }?.seq ?? after)
    }

    /// The message, if it is in memory.
    func message(_ seq: Int64) -> EncodedMessage? { recent.message(seq) }

    /// Whether only the store can tell if this request can be met: this process may be out of date, and the recent
    /// messages in memory may not reach back far enough.
    func mustAskStore(for request: JoinRequest) -> Bool {
        guard case .resume(let after, _) = request else { return false }
        return refusal(of: request) != nil || after < recent.floor
    }

    /// The number of messages that a member starts with if only the store knows where they begin; else nil.
    func countAskedOfStore(for request: JoinRequest, view: LogView) -> Int? {
        let count = newestCount(for: request)
        guard count > 0, recent.floor >= firstSeq, recent.cursor(forNewest: count, view: view) == nil else {
            return nil
        }
        return count
    }

    /// Where a member starts.
    ///
    /// - Parameter newest: the store's answer to `countAskedOfStore(for:)`: the numbers of the messages to send, which
    ///   may end before or after the head.
    func start(_ request: JoinRequest, view: LogView, newest: RoomSpan? = nil) -> Start {
        let reset = refusal(of: request)
        if case .resume(let after, _) = request, reset == nil { return Start(cursor: after, resumed: true, reset: nil) }
        let count = newestCount(for: request)
        let requested = newest.map { head - ($0.lastSeq - $0.firstSeq + 1) }
        let cursor = count == 0 ? head : recent.cursor(forNewest: count, view: view) ?? requested ?? (firstSeq - 1)
        return Start(cursor: min(max(cursor, firstSeq - 1), head), resumed: false, reset: reset)
    }

    func page(after cursor: Int64, view: LogView) -> PageSource {
        guard cursor < head else { return .memory(Page(messages: [], through: cursor, head: head)) }
        if let (rows, isAll) = recent.messages(
            after: cursor, countMax: limits.pageMessagesMax, bytesMax: limits.pageBytesMax)
        {
            let through = isAll ? head : rows.last?.seq ?? cursor
            let messages = view == .changes ? rows : rows.visible(in: view, following: cursor)
            return .memory(Page(messages: messages, through: through, head: head))
        }
        return .store(after: max(cursor, firstSeq - 1), through: head)
    }

    private func refusal(of request: JoinRequest) -> ResumeRefusal? {
        guard case .resume(let after, let epoch) = request else { return nil }
        if let epoch, epoch != self.epoch { return .epoch }
        if after > newest { return .ahead }
        return after < firstSeq - 1 ? .pruned : nil
    }

    /// The number of messages sent to a member that does not resume.
    private func newestCount(for request: JoinRequest) -> Int {
        switch request {
        case .history(let count): max(0, min(count ?? limits.historyOnJoin, limits.historyMax))
        case .resume: refusal(of: request) == nil ? 0 : max(0, min(limits.historyOnJoin, limits.historyMax))
        }
    }
}
