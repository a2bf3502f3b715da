internal import CoreMetrics
internal import Synchronization

/// One chat room: its members, its order and its newest messages.
///
/// The actor runs on the event loop of its outlet. Members on the same loop reach it without a hop, and one turn of the
/// loop can broadcast messages in all of its rooms.
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
    /// When the timeline was read. Answers to earlier queries may belong to another epoch.
    private var openedAt = ContinuousClock.now
    private var timeline: Timeline? {
        didSet { openSpan.withLock { $0 = timeline?.span(of: id) } }
    }
    private var opening: [CheckedContinuation<Result<Void, StoreError>, Never>] = []
    private var isOpening = false
    /// Whether the read in progress may belong to another epoch.
    private var mustReopen = false
    /// The newest message that the read in progress may miss.
    private var suspected: Int64 = 0
    private var isRetired = false
    private var joining = 0
    private var audience = Audience()

    /// The room's numbers as this process knows them; nil while the room is not open. From any isolation.
    public nonisolated var span: RoomSpan? { openSpan.withLock { $0 } }

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

    /// Adds a member; from then on the member is offered every new message.
    ///
    /// - Throws: `retired` if the room was removed from memory, `unavailable` if the store cannot be reached.
    public func join(
        _ member: any Member, _ request: JoinRequest, view: LogView
    ) async throws(JoinError) -> Joined {
        guard !isRetired else { throw .retired }
        joining += 1
        defer { joining -= 1 }
        let newest: RoomSpan?
        do {
            // Messages that seem lost may only be unknown to this process, and messages that it knew may have been
            // pruned.
            if try await open().mustAskStore(for: request) { try await refresh() }
            newest = try await newestAsked(for: request, view: view)
            _ = try await open()
        } catch {
            throw .unavailable
        }
        // No suspension from here on, so no message can come between the insertion and the choice of the cursor.
        guard let timeline else { throw .unavailable }
        audience.insert(member)
        let start = timeline.start(request, view: view, newest: newest)
        let page: Page? =
            if case .memory(let page) = timeline.page(after: start.cursor, view: view) { page } else { nil }
        return Joined(
            epoch: timeline.epoch, lastSeq: max(timeline.head, start.cursor), cursor: start.cursor,
            resumed: start.resumed, reset: start.reset, page: page)
    }

    private func newestAsked(for request: JoinRequest, view: LogView) async throws(StoreError) -> RoomSpan? {
        guard let count = try await open().countAskedOfStore(for: request, view: view) else { return nil }
        return try await store.span(ofNewest: count, in: id, view: view)
    }

    /// Removes a member.
    public func leave(_ member: any Member) { audience.remove(member) }

    /// Queues the messages that a member sends in one turn; false if the queue is full or closed and nothing was
    /// queued. From any isolation.
    ///
    /// The acknowledgement is the message itself, delivered to the member after the commit.
    public nonisolated func post(_ drafts: [Draft], from member: any Member) -> Bool {
        queue.submit(drafts, from: member, in: self)
    }

    /// Queues a change of a message; false if the queue is full or closed and nothing was queued. From any isolation.
    ///
    /// The acknowledgement is the event of the change, or an error, after the commit.
    public nonisolated func change(_ draft: ChangeDraft, by member: any Member) -> Bool {
        queue.changes.submit(draft, from: member, in: self)
    }

    /// What a view shows after a cursor, from memory or else from the store.
    public func page(after cursor: Int64, view: LogView) async throws(StoreError) -> Page {
        let timeline = try await open()
        switch timeline.page(after: cursor, view: view) {
        case .memory(let page): return page
        case .store(let after, let through):
            metrics.pagesFromStore.increment()
            let askedAt = ContinuousClock.now
            let news = try await store.messages(
                in: id, after: after, through: through, limit: limits.pageMessagesMax, bytes: limits.pageBytesMax)
            guard askedAt >= openedAt else { throw .unavailable("the room was opened again meanwhile") }
            guard news.span.lastSeq >= through else {
                startOver()
                throw .unavailable("the log is shorter than it was")
            }
            self.timeline?.learn(news.span)
            let run = EncodedRun(news.run)
            self.timeline?.confirmed(run.messages, after: cursor, through: run.through)
            return Page(
                messages: run.messages.visible(in: view, following: cursor), through: run.through,
                head: self.timeline?.head ?? through)
        }
    }

    /// The newest messages before a number (nil: the newest of all), ascending, and whether there are older ones.
    ///
    /// - Parameter cursor: everything up to this number has been sent to the member, perhaps by another process: the
    ///   answer reaches that far also if this process has not read so far yet.
    public func history(
        before: Int64?, limit: Int?, view: LogView, cursor: Int64 = 0
    ) async throws(StoreError) -> (messages: [EncodedMessage], more: Bool) {
        let head = max(try await open().head, cursor)
        // At least one, so that a client that repeats the request makes progress.
        let limit = max(1, min(limit ?? limits.historyOnJoin, limits.historyMax))
        let page = try await store.history(
            in: id, before: min(before ?? .max, head + 1), limit: limit, bytes: limits.historyBytesMax,
            view: view)
        var messages = await Self.encoded(page.messages)
        var bytes = messages.reduce(0) { $0 + $1.json.count }
        let count = messages.count
        // JSON may be longer than the text. Return fewer messages than requested, to keep the frame bounded.
        while bytes > limits.historyBytesMax, messages.count > 1 { bytes -= messages.removeFirst().json.count }
        // Those behind missing numbers get their `prev_seq`; the first one has none.
        if let first = messages.first { messages = messages.following(first.seq - 1) }
        return (messages, page.more || messages.count < count)
    }

    /// Encodes history outside the event loop: it may be a thousand messages, and the room must broadcast meanwhile.
    @concurrent private static func encoded(_ messages: [StoredMessage]) async -> [EncodedMessage] {
        messages.map(EncodedMessage.init)
    }

    /// Adds a committed run to the timeline and its broadcast to the deliveries. If messages before the run are
    /// missing, they are read from the store first.
    ///
    /// - Parameter askedAt: when the store was queried.
    func committed(
        _ run: EncodedRun, askedAt: ContinuousClock.Instant, receivedAt: ContinuousClock.Instant? = nil,
        into deliveries: inout Deliveries
    ) {
        // The run may belong to an earlier epoch and may no longer be in the log.
        guard askedAt >= openedAt else { return suspect(through: run.through) }
        switch timeline?.admit(run) {
        case .show(let new): show(new, receivedAt: receivedAt, into: &deliveries)
        case .gap: suspect(through: .max)
        case .known: break
        case nil: suspect(through: run.through)
        }
    }

    /// Handles a hint that the store may have messages up to this number.
    func suspect(through seq: Int64) {
        guard let timeline else { return suspected = max(suspected, seq) }
        guard timeline.head < seq else { return }
        metrics.gaps.increment()
        catchUp.want(self)
    }

    /// Broadcasts what the store has after a number that this room knew; true if there is more to read.
    ///
    /// - Parameter askedAt: when the store was queried.
    func take(_ news: RoomNews, askedAt: ContinuousClock.Instant) -> Bool {
        guard timeline != nil else { return false }
        guard askedAt >= openedAt else { return true }
        guard news.span.lastSeq >= news.run.after else {
            // Messages that were broadcast are no longer in the log.
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

    /// Handles the current epoch: if it differs from the epoch that members received, they must reconnect and start
    /// over.
    func renew(epoch: String) {
        if isOpening { mustReopen = true }
        guard let timeline, timeline.epoch != epoch else { return }
        startOver()
    }

    /// Sends a sender the message that was stored before under the same id; false if it is not in memory.
    func answerFromMemory(_ repeated: StoringBatch.Repeat) -> Bool {
        guard let original = timeline?.message(repeated.seq) else { return false }
        repeated.entry.sender.sendAgain(original)
        return true
    }

    /// The message with this number, from memory or else from the store; nil if the log does not hold it.
    func message(_ seq: Int64) async throws(StoreError) -> EncodedMessage? {
        if let message = timeline?.message(seq) { return message }
        let news = try await store.messages(in: id, after: seq - 1, through: seq, limit: 1, bytes: 0)
        return EncodedRun(news.run).messages.first
    }

    /// Retires the room if it is idle; true if it did.
    func retireIfIdle() -> Bool {
        guard audience.count == 0, joining == 0, !isOpening, !queue.isWaiting(for: id),
            !queue.changes.isWaiting(for: id)
        else { return false }
        isRetired = true
        return true
    }

    private func show(
        _ run: EncodedRun, receivedAt: ContinuousClock.Instant?, into deliveries: inout Deliveries
    ) {
        guard let broadcast = Broadcast(run, in: id, receivedAt: receivedAt) else { return }
        audience.deliver(broadcast, into: &deliveries)
    }

    /// Makes all members reconnect and resume; the answer to the resume reports the changed epoch.
    private func startOver() {
        metrics.roomsRestarted.increment()
        timeline = nil
        for member in audience.removeAll() { member.startOver() }
    }

    /// Reads once from the store what this process may have missed. If there is more, catch-up reads the rest.
    private func refresh() async throws(StoreError) {
        renew(epoch: try await store.epoch())
        let known = try await open().span(of: id)
        let askedAt = ContinuousClock.now
        let news = try await store.news(
            after: [known], limit: limits.pageMessagesMax, bytes: limits.catchUpBytesMax)
        if let news = news.first, take(news, askedAt: askedAt) { catchUp.want(self) }
    }

    /// The room's state, read from the store by the first caller; other callers wait for the same read.
    private func open() async throws(StoreError) -> Timeline {
        if let timeline { return timeline }
        if isOpening {
            try await withCheckedContinuation { waiter in
                // Checked again here: a task with an executor preference may be suspended before this point.
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
                // A hint may have come while the read was in progress.
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
