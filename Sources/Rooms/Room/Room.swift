internal import CoreMetrics
internal import Synchronization

/// One chat room: its members, its order and its newest messages.
///
/// The actor runs on the event loop of its outlet, so that members on the same loop reach it without a hop, and one turn
/// of the loop can show messages in all of its rooms.
public actor Room {
    /// The number of the room.
    public nonisolated let id: RoomID
    /// The event loop of the room.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { home.executor.asUnownedSerialExecutor() }
    /// The loop on which the room lives.
    nonisolated let home: any Outlet

    private let store: any MessageStore
    private nonisolated let queue: MessageQueue
    private let catchUp: CatchUp
    private let limits: RoomLimits
    private let metrics: RoomMetrics
    private nonisolated let openSpan = Mutex<RoomSpan?>(nil)
    /// When the timeline was read: what the store was asked before may be of another past.
    private var openedAt = ContinuousClock.now
    private var timeline: Timeline? {
        didSet { openSpan.withLock { $0 = timeline?.span(of: id) } }
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

    /// Its numbers as this process knows them; nil while it is not open. From any isolation.
    nonisolated var span: RoomSpan? { openSpan.withLock { $0 } }

    init(
        _ id: RoomID, home: any Outlet, store: any MessageStore, queue: MessageQueue, catchUp: CatchUp,
        limits: RoomLimits, metrics: RoomMetrics
    ) {
        self.id = id
        self.home = home
        self.store = store
        self.queue = queue
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
        let newest: RoomSpan?
        do {
            // What looks lost may only be unknown to this process, and what it knew may have been pruned.
            if try await open().mustAskStore(for: request) { try await refresh() }
            newest = try await newestAsked(for: request)
            _ = try await open()
        } catch {
            throw .unavailable
        }
        // From here on one turn: no message can come between being offered new ones and knowing where to start.
        guard let timeline else { throw .unavailable }
        audience.insert(member)
        let start = timeline.start(request, newest: newest)
        let page: Page? = if case .memory(let page) = timeline.page(after: start.cursor) { page } else { nil }
        return Joined(
            epoch: timeline.epoch, lastSeq: max(timeline.head, start.cursor), cursor: start.cursor,
            resumed: start.resumed, reset: start.reset, page: page)
    }

    private func newestAsked(for request: JoinRequest) async throws(StoreError) -> RoomSpan? {
        guard let count = try await open().countAskedOfStore(for: request) else { return nil }
        return try await store.span(ofNewest: count, in: id)
    }

    /// Takes a member out.
    public func leave(_ member: any Member) { audience.remove(member) }

    /// Takes what a member says in one turn; false if the queue to the store is full and nothing was taken. From any
    /// isolation.
    ///
    /// The member's acknowledgement is the message itself, delivered after the commit.
    public nonisolated func post(_ drafts: [Draft], from member: any Member) -> Bool {
        queue.submit(drafts, from: member, in: self)
    }

    /// The messages after a cursor: from memory, else from the store.
    public func page(after cursor: Int64) async throws(StoreError) -> Page {
        let timeline = try await open()
        switch timeline.page(after: cursor) {
        case .memory(let page): return page
        case .store(let after, let through):
            metrics.pagesFromStore.increment()
            let askedAt = ContinuousClock.now
            let news = try await store.messages(
                in: id, after: after, through: through, limit: limits.pageMessagesMax, bytes: limits.pageBytesMax)
            guard askedAt < openedAt || news.span.lastSeq >= through else {
                startOver()
                throw .unavailable("the log's past is another one")
            }
            self.timeline?.learn(news.span)
            let run = EncodedRun(news.run)
            self.timeline?.confirmed(through: run.through, last: run.messages.last?.seq ?? cursor)
            return Page(
                messages: run.messages.following(cursor), through: run.through, head: self.timeline?.head ?? through)
        }
    }

    /// The newest messages before a number (nil: the newest of all), ascending, and whether there are older ones.
    public func history(before: Int64?, limit: Int?) async throws(StoreError) -> (
        messages: [EncodedMessage], more: Bool
    ) {
        let head = try await open().head
        // At least one, so that a client that asks on makes progress.
        let limit = max(1, min(limit ?? limits.historyOnJoin, limits.historyMax))
        let page = try await store.history(
            in: id, before: min(before ?? .max, head + 1), limit: limit, bytes: limits.historyBytesMax)
        var messages = await Self.encoded(page.messages)
        var bytes = messages.reduce(0) { $0 + $1.json.count }
        let count = messages.count
        // JSON may be longer than the text. Fewer than asked for, rather than a frame without bound.
        while bytes > limits.historyBytesMax, messages.count > 1 { bytes -= messages.removeFirst().json.count }
        if let first = messages.first { messages = messages.following(first.seq - 1) }
        return (messages, page.more || messages.count < count)
    }

    /// Encodes what may be a thousand messages somewhere else: the room has live ones to show meanwhile.
    @concurrent private static func encoded(_ messages: [StoredMessage]) async -> [EncodedMessage] {
        messages.map(EncodedMessage.init)
    }

    /// Takes a committed run into the order and adds it to what is to be delivered; if something is missing before it,
    /// that is read from the store first.
    ///
    /// - Parameter askedAt: when the store was asked for what it answered.
    func committed(
        _ run: EncodedRun, askedAt: ContinuousClock.Instant, receivedAt: ContinuousClock.Instant? = nil,
        into deliveries: inout Deliveries
    ) {
        // It may have been stored in a past that is over, and not be in the log any more.
        guard askedAt >= openedAt else { return suspect(through: run.through) }
        switch timeline?.admit(run) {
        case .show(let new): show(new, receivedAt: receivedAt, into: &deliveries)
        case .gap: suspect(through: .max)
        case .known: break
        case nil: suspect(through: run.through)
        }
    }

    /// The store may have messages up to this number.
    func suspect(through seq: Int64) {
        guard let timeline else { return suspected = max(suspected, seq) }
        guard timeline.head < seq else { return }
        metrics.gaps.increment()
        catchUp.want(self)
    }

    /// Shows what the store has after a number that this room knew; true if there is more to be read.
    ///
    /// - Parameter askedAt: when the store was asked for it.
    func take(_ news: RoomNews, askedAt: ContinuousClock.Instant) -> Bool {
        guard timeline != nil else { return false }
        guard askedAt >= openedAt else { return true }
        guard news.span.lastSeq >= news.run.after else {
            // What was shown is not in the log any more.
            startOver()
            return false
        }
        timeline?.learn(news.span)
        if case .show(let new) = timeline?.admit(EncodedRun(news.run)) {
            var deliveries = Deliveries()
            show(new, receivedAt: nil, into: &deliveries)
            deliveries.send(from: home)
        }
        return timeline.map { $0.head < news.span.lastSeq } ?? false
    }

    /// The epoch of now: if it is another one than members were told, they must come back and start over.
    func renew(epoch: String) {
        if isOpening { mustReopen = true }
        guard let timeline, timeline.epoch != epoch else { return }
        startOver()
    }

    /// Sends a sender the message that it had stored before under the same id; false if it is not in memory.
    func answerFromMemory(_ repeated: StoringBatch.Repeat) -> Bool {
        guard let original = timeline?.message(repeated.seq) else { return false }
        repeated.entry.sender.sendAgain(original)
        return true
    }

    /// The message with this number: from memory, else from the store; nil if the log has none.
    func message(_ seq: Int64) async throws(StoreError) -> EncodedMessage? {
        if let message = timeline?.message(seq) { return message }
        let news = try await store.messages(in: id, after: seq - 1, through: seq, limit: 1, bytes: 0)
        return news.run.messages.first.map(EncodedMessage.init)
    }

    /// Lets the room go out of memory if nobody needs it; true if it did.
    func retireIfIdle() -> Bool {
        guard audience.count == 0, joining == 0, !isOpening, !queue.isWaiting(for: id) else { return false }
        isRetired = true
        return true
    }

    private func show(
        _ run: EncodedRun, receivedAt: ContinuousClock.Instant?, into deliveries: inout Deliveries
    ) {
        guard let broadcast = Broadcast(run, in: id, receivedAt: receivedAt) else { return }
        audience.deliver(broadcast, into: &deliveries)
    }

    /// Sends everybody away to come back and resume, which tells them that the past has changed.
    private func startOver() {
        metrics.roomsRestarted.increment()
        timeline = nil
        for member in audience.removeAll() { member.startOver() }
    }

    /// Learns from the store, by one read, what this process may not have heard of; what the read does not reach follows.
    private func refresh() async throws(StoreError) {
        renew(epoch: try await store.epoch())
        let known = try await open().span(of: id)
        let askedAt = ContinuousClock.now
        let news = try await store.news(
            after: [known], limit: limits.pageMessagesMax, bytes: limits.catchUpBytesMax)
        if let news = news.first, take(news, askedAt: askedAt) { catchUp.want(self) }
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
                    snapshot = try await store.openRoom(id, recent: max(1, limits.recentPerRoom))
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
