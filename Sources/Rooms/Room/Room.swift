internal import CoreMetrics
internal import Synchronization

/// One chat room: its members, its order and its newest messages.
///
/// The actor runs on the executor it is given (an event loop), so that members on the same loop reach it without a hop.
public actor Room {
    /// The number of the room.
    public nonisolated let id: RoomID
    /// The event loop of the room.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private nonisolated let executor: any SerialExecutor
    private let store: any MessageStore
    private let log: MessageLog
    private let catchUp: CatchUp
    private let limits: RoomLimits
    private let metrics: RoomMetrics
    private nonisolated let openHead = Atomic<Int64>(-1)
    /// When the timeline was read: what the store was asked before may be of another past.
    private var openedAt = ContinuousClock.now
    private var timeline: Timeline? {
        didSet { openHead.store(timeline?.head ?? -1, ordering: .releasing) }
    }
    private var opening: [CheckedContinuation<Result<Void, StoreError>, Never>] = []
    private var isOpening = false
    /// Whether the read under way may be one of another epoch.
    private var mustReopen = false
    /// The newest message that the read under way may not show.
    private var suspected: Int64 = 0
    private var isRetired = false
    private var joining = 0
    private var audience = Audience()

    /// The number of its newest message as this process knows it; nil while it is not open. From any isolation.
    nonisolated var head: Int64? {
        let head = openHead.load(ordering: .acquiring)
        return head < 0 ? nil : head
    }

    init(
        _ id: RoomID, executor: any SerialExecutor, store: any MessageStore, log: MessageLog, catchUp: CatchUp,
        limits: RoomLimits, metrics: RoomMetrics
    ) {
        self.id = id
        self.executor = executor
        self.store = store
        self.log = log
        self.catchUp = catchUp
        self.limits = limits
        self.metrics = metrics
    }

    /// Adds a member; from here on it is offered every new message.
    ///
    /// - Throws: `retired` if the room has gone out of memory, `unavailable` if the store cannot be reached.
    public func join(_ member: any Member, _ request: JoinRequest) async throws(JoinError) -> Joined {
        guard !isRetired else { throw .retired }
        joining += 1
        defer { joining -= 1 }
        do {
            // What looks lost may only be unknown to this process.
            if try await open().start(request).reset != nil { try await refresh() }
            _ = try await open()
        } catch {
            throw .unavailable
        }
        // From here on one turn: no message can come between being offered new ones and knowing where to start.
        guard let timeline else { throw .unavailable }
        audience.insert(member)
        let start = timeline.start(request)
        let page: Page? = if case .memory(let page) = timeline.page(after: start.cursor) { page } else { nil }
        return Joined(
            epoch: timeline.epoch, lastSeq: timeline.head, cursor: start.cursor, resumed: start.resumed,
            reset: start.reset, page: page)
    }

    /// Takes a member out.
    public func leave(_ member: any Member) { audience.remove(member) }

    /// Takes what a member says in one turn; false if the queue to the store is full and nothing was taken.
    ///
    /// The member's acknowledgement is the message itself, delivered after the commit.
    public func post(_ drafts: [Draft], from member: any Member) -> Bool {
        log.submit(drafts, from: member, in: self)
    }

    /// The messages after a cursor: from memory, else from the store.
    public func page(after cursor: Int64) async throws(StoreError) -> Page {
        let timeline = try await open()
        switch timeline.page(after: cursor) {
        case .memory(let page): return page
        case .store(let after, let through):
            metrics.pagesFromStore.increment()
            let messages = try await store.messages(
                in: id, after: after, through: through, limit: limits.pageMessagesMax, bytes: limits.pageBytesMax
            ).map(EncodedMessage.init)
            if messages.isEmpty { try await confirmPruned() }
            return Page(
                messages: messages, through: messages.last?.seq ?? through, head: self.timeline?.head ?? through)
        }
    }

    /// Numbers are dense: nothing there means that all of them were pruned, or that the log's past is another one.
    private func confirmPruned() async throws(StoreError) {
        let now = try await store.openRoom(id, recent: 0)
        renew(epoch: now.epoch)
        guard let head = timeline?.head, head <= now.lastSeq else {
            startOver()
            throw .unavailable("the log's past is another one")
        }
    }

    /// The newest messages before a number (nil: the newest of all), ascending, and whether there are older ones.
    public func history(before: Int64?, limit: Int?) async throws(StoreError) -> (
        messages: [EncodedMessage], more: Bool
    ) {
        let timeline = try await open()
        let before = min(before ?? .max, timeline.head + 1)
        let limit = min(limit ?? limits.historyOnJoin, limits.historyMax)
        var messages = await Self.encoded(try await store.messages(in: id, before: before, limit: limit))
        var bytes = messages.reduce(0) { $0 + $1.json.count }
        // Fewer than asked for, rather than a frame without bound; the client sees that there is more.
        while bytes > limits.historyBytesMax, messages.count > 1 { bytes -= messages.removeFirst().json.count }
        return (messages, (messages.first?.seq ?? before) > timeline.firstSeq)
    }

    /// Encodes what may be a thousand messages somewhere else: the room has live ones to show meanwhile.
    @concurrent private static func encoded(_ messages: [StoredMessage]) async -> [EncodedMessage] {
        messages.map(EncodedMessage.init)
    }

    /// Shows committed messages of this room, ascending and consecutive, to everybody; if some are missing before
    /// them, these come with those from the store.
    ///
    /// - Parameter askedAt: when the store was asked for what it answered.
    func committed(
        _ messages: [EncodedMessage], askedAt: ContinuousClock.Instant, receivedAt: ContinuousClock.Instant? = nil
    ) {
        // Perhaps stored in a past that is over, and not in the log any more.
        guard askedAt >= openedAt else { return suspect(through: messages.last?.seq ?? 0) }
        switch timeline?.admit(messages) {
        case .show(let new): show(new, receivedAt: receivedAt)
        case .gap: suspect(through: .max)
        case .known: break
        case nil: suspect(through: messages.last?.seq ?? 0)
        }
    }

    /// The store may have messages up to this number.
    func suspect(through seq: Int64) {
        guard let timeline else { return suspected = max(suspected, seq) }
        guard timeline.head < seq else { return }
        metrics.gaps.increment()
        catchUp.want(self)
    }

    /// Shows what the store has after a message that this room knew; true if there is more to be read.
    ///
    /// - Parameter askedAt: when the store was asked for them.
    func take(_ news: RoomNews, after known: Int64, askedAt: ContinuousClock.Instant) -> Bool {
        guard timeline != nil else { return false }
        guard askedAt >= openedAt else { return true }
        guard news.lastSeq >= known else {
            // What was shown is not in the log any more.
            startOver()
            return false
        }
        timeline?.prune(before: news.firstSeq)
        if case .show(let new) = timeline?.admit(news.messages.map(EncodedMessage.init)) { show(new, receivedAt: nil) }
        return timeline.map { $0.head < news.lastSeq } ?? false
    }

    /// The epoch of now: if it is another one than members were told, they must come back and start over.
    func renew(epoch: String) {
        if isOpening { mustReopen = true }
        guard let timeline, timeline.epoch != epoch else { return }
        startOver()
    }

    /// Sends each sender the message that it had stored before under the same id.
    func repeated(_ repeats: [StoringBatch.Repeat]) async {
        for said in repeats {
            if let original = await message(said.seq) {
                said.sender.sendAgain(original)
            } else {
                let error = WireError(
                    .unavailable, "this message is stored but cannot be read now: send it again",
                    clientID: said.clientID)
                said.sender.send(Reply.error(error))
            }
        }
    }

    private func message(_ seq: Int64) async -> EncodedMessage? {
        if let message = timeline?.message(seq) { return message }
        let rows = try? await store.messages(in: id, after: seq - 1, through: seq, limit: 1, bytes: 0)
        return rows?.first.map(EncodedMessage.init)
    }

    /// Lets the room go out of memory if nobody needs it; true if it did.
    func retireIfIdle() -> Bool {
        guard audience.count == 0, joining == 0, !isOpening, !log.isWaiting(for: id) else { return false }
        isRetired = true
        return true
    }

    private func show(_ messages: [EncodedMessage], receivedAt: ContinuousClock.Instant?) {
        guard let broadcast = Broadcast(messages, receivedAt: receivedAt) else { return }
        audience.deliver(broadcast)
    }

    /// Sends everybody away to come back and resume, which tells them that the past has changed.
    private func startOver() {
        metrics.roomsRestarted.increment()
        timeline = nil
        for member in audience.removeAll() { member.startOver() }
    }

    /// Learns from the store, at once, what this process may not have heard of.
    private func refresh() async throws(StoreError) {
        renew(epoch: try await store.epoch())
        var isBehind = true
        while isBehind {
            let known = RoomPosition(room: id, seq: try await open().head)
            let askedAt = ContinuousClock.now
            let news = try await store.news(
                after: [known], limit: limits.pageMessagesMax, bytes: limits.catchUpBytesMax)
            isBehind = news.first.map { take($0, after: known.seq, askedAt: askedAt) } ?? false
        }
    }

    /// The room's state, read from the store by the first who needs it; the others wait for the same read.
    private func open() async throws(StoreError) -> Timeline {
        if let timeline { return timeline }
        if isOpening {
            try await withCheckedContinuation { waiter in
                // Looked at again here: a task with an executor preference may be suspended on its way in.
                if isOpening { opening.append(waiter) } else { waiter.resume(returning: .success(())) }
            }.get()
        } else {
            isOpening = true
            let result: Result<Void, StoreError>
            do throws(StoreError) {
                var snapshot: RoomSnapshot
                repeat {
                    mustReopen = false
                    snapshot = try await store.openRoom(id, recent: limits.recentPerRoom)
                } while mustReopen
                timeline = Timeline(snapshot, limits: limits)
                openedAt = .now
                result = .success(())
                // Which may have come while the answer was on its way.
                suspect(through: exchange(&suspected, with: 0))
            } catch {
                result = .failure(error)
            }
            isOpening = false
            let waiting = opening
            opening = []
            for waiter in waiting { waiter.resume(returning: result) }
            try result.get()
        }
        guard let timeline else { throw .unavailable("the room could not be read") }
        return timeline
    }
}
