/// The order of one room as this process knows it: the pure half of `Room`.
struct Timeline: Sendable {
    /// What a join starts with.
    struct Start: Equatable {
        /// The member is sent what follows this number.
        var cursor: Int64
        /// Whether it continues exactly where the client asked.
        var resumed: Bool
        /// Why it does not, if the client asked.
        var reset: ResumeRefusal?
    }

    /// What becomes of a run that was committed.
    enum Admission: Equatable {
        /// It continues the room: show its messages.
        case show(EncodedRun)
        /// Something before it is missing: read the store.
        case gap
        /// There is nothing in it that was not shown.
        case known
    }

    /// Where the page after a cursor is found.
    enum PageSource: Equatable {
        case memory(Page)
        case store(after: Int64, through: Int64)
    }

    /// Everything that the log holds up to here has been shown.
    private(set) var head: Int64
    /// The oldest number that the log may hold.
    private(set) var firstSeq: Int64
    /// The newest number that the store is known to have given to a message.
    private(set) var newest: Int64
    let epoch: String
    /// No message of the log has a number between this one and `head + 1`.
    private var lastMessage: Int64
    /// What the newest broadcast reached.
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
        // The one before the oldest that was read may be anywhere below it, unless these are all.
        let isAll = snapshot.recent.count < max(1, limits.recentPerRoom)
        let before = snapshot.recent.first.map { $0.seq - 1 } ?? head
        let floor = isAll ? min(before, firstSeq - 1) : before
        recent = Recent(floor: floor, countMax: limits.recentPerRoom, bytesMax: limits.recentBytesMax)
        lastMessage = snapshot.recent.last?.seq ?? (firstSeq - 1)
        for message in snapshot.recent.map(EncodedMessage.init).following(floor) { recent.append(message) }
    }

    /// The numbers that have been shown or were given up, for the room with this number.
    func span(of room: RoomID) -> RoomSpan { RoomSpan(room: room, firstSeq: firstSeq, lastSeq: head) }

    /// Takes a committed run into the order.
    mutating func admit(_ run: EncodedRun) -> Admission {
        guard run.through > head else { return .known }
        guard run.after <= head else { return .gap }
        let messages = (run.after == head ? run.messages : run.messages.filter { $0.seq > head }).following(lastMessage)
        head = run.through
        newest = max(newest, head)
        guard let last = messages.last else { return .known }
        lastMessage = last.seq
        for message in messages { recent.append(message) }
        defer { broadcastThrough = head }
        return .show(EncodedRun(after: broadcastThrough, through: head, messages: messages))
    }

    /// What the store's row of the room says now.
    mutating func learn(_ span: RoomSpan) {
        newest = max(newest, span.lastSeq)
        guard span.firstSeq > firstSeq else { return }
        firstSeq = min(span.firstSeq, newest + 1)
        recent.forget(before: firstSeq)
    }

    /// The store has no message between `last` and `through + 1` now: those that were there have been deleted since.
    ///
    /// So who was not shown them is told so by the next message.
    mutating func confirmed(through: Int64, last: Int64) {
        if through >= head { lastMessage = min(lastMessage, last) }
    }

    /// The message, if it is in memory.
    func message(_ seq: Int64) -> EncodedMessage? { recent.message(seq) }

    /// Whether only the store can tell if this request can be met: what this process knows may be out of date, and what
    /// it remembers does not reach back so far.
    func mustAskStore(for request: JoinRequest) -> Bool {
        guard case .resume(let after, _) = request else { return false }
        return refusal(of: request) != nil || after < recent.floor
    }

    /// How many messages a member is to start with, if only the store can tell where these begin.
    func countAskedOfStore(for request: JoinRequest) -> Int? {
        let count = newestCount(for: request)
        guard count > recent.count, recent.floor >= firstSeq else { return nil }
        return count
    }

    /// Where a member starts.
    ///
    /// - Parameter newest: the store's answer to `countAskedOfStore(for:)`: the numbers of the messages to be shown, which
    ///   may end before or behind the head.
    func start(_ request: JoinRequest, newest: RoomSpan? = nil) -> Start {
        let reset = refusal(of: request)
        if case .resume(let after, _) = request, reset == nil { return Start(cursor: after, resumed: true, reset: nil) }
        let count = newestCount(for: request)
        let asked = newest.map { head - ($0.lastSeq - $0.firstSeq + 1) }
        let cursor = count == 0 ? head : recent.cursor(forNewest: count) ?? asked ?? (firstSeq - 1)
        return Start(cursor: min(max(cursor, firstSeq - 1), head), resumed: false, reset: reset)
    }

    func page(after cursor: Int64) -> PageSource {
        guard cursor < head else { return .memory(Page(messages: [], through: cursor, head: head)) }
        if let (messages, isAll) = recent.messages(
            after: cursor, countMax: limits.pageMessagesMax, bytesMax: limits.pageBytesMax)
        {
            let through = isAll ? head : messages.last?.seq ?? cursor
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

    /// How many messages a member is shown that does not resume.
    private func newestCount(for request: JoinRequest) -> Int {
        switch request {
        case .history(let asked): max(0, min(asked ?? limits.historyOnJoin, limits.historyMax))
        case .resume: refusal(of: request) == nil ? 0 : max(0, min(limits.historyOnJoin, limits.historyMax))
        }
    }
}
