internal import CoreMetrics

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
    private let limits: RoomLimits
    private let metrics: RoomMetrics
    private var timeline: Timeline?
    private var opening: [CheckedContinuation<Result<Void, StoreError>, Never>] = []
    private var isOpening = false
    /// Whether the store has news that the read under way may not show.
    private var mustReopen = false
    private var isFetching = false
    private var fetchTarget: Int64 = 0
    private var isRetired = false
    private var joining = 0
    private var audience = Audience()

    init(
        _ id: RoomID, executor: any SerialExecutor, store: any MessageStore, log: MessageLog, limits: RoomLimits,
        metrics: RoomMetrics
    ) {
        self.id = id
        self.executor = executor
        self.store = store
        self.log = log
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
        do { _ = try await open() } catch { throw .unavailable }
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
                in: id, after: after, through: through, limit: limits.pageMessagesMax
            ).map(EncodedMessage.init)
            let isLast = messages.count < limits.pageMessagesMax
            let reached = isLast ? through : messages.last?.seq ?? through
            return Page(messages: messages, through: reached, head: self.timeline?.head ?? through)
        }
    }

    /// The newest messages before a number (nil: the newest of all), ascending, and whether there are older ones.
    public func history(before: Int64?, limit: Int?) async throws(StoreError) -> (
        messages: [EncodedMessage], more: Bool
    ) {
        let timeline = try await open()
        let before = min(before ?? .max, timeline.head + 1)
        let limit = min(limit ?? limits.historyOnJoin, limits.historyMax)
        var messages = try await store.messages(in: id, before: before, limit: limit).map(EncodedMessage.init)
        var bytes = messages.reduce(0) { $0 + $1.json.count }
        // Fewer than asked for, rather than a frame without bound; the client sees that there is more.
        while bytes > limits.historyBytesMax, messages.count > 1 { bytes -= messages.removeFirst().json.count }
        return (messages, (messages.first?.seq ?? before) > timeline.firstSeq)
    }

    /// Shows committed messages of this room, ascending and consecutive, to everybody; fetches what is missing before them.
    public func committed(_ messages: [EncodedMessage], receivedAt: ContinuousClock.Instant? = nil) async {
        guard timeline != nil else { return mustReopen = isOpening }
        switch timeline?.admit(messages) {
        case .show(let new): show(new, receivedAt: receivedAt)
        case .gap(let through): await fetch(through: through)
        case .known, nil: break
        }
    }

    /// Sends each sender the message that it had stored before under the same id.
    func repeated(_ repeats: [StoringBatch.Repeat]) async {
        for said in repeats {
            let original = try? await store.messages(in: id, after: said.seq - 1, through: said.seq, limit: 1).first
            if let original {
                said.sender.send(EncodedMessage(original).json)
            } else {
                let error = WireError(
                    .unavailable, "this message is stored but cannot be read now: send it again",
                    clientID: said.clientID)
                said.sender.send(Reply.error(error))
            }
        }
    }

    /// Reads from the store whatever this room does not know yet: after commits whose news may have been lost.
    public func resync() async {
        guard timeline != nil else { return mustReopen = isOpening }
        guard let snapshot = try? await store.openRoom(id, recent: 0) else { return }
        timeline?.renew(epoch: snapshot.epoch)
        await fetch(through: snapshot.lastSeq)
    }

    /// Lets the room go out of memory if nobody needs it; true if it did.
    func retireIfIdle() -> Bool {
        guard audience.count == 0, joining == 0, !isOpening, !isFetching, !log.isWaiting(for: id) else { return false }
        isRetired = true
        return true
    }

    private func show(_ messages: [EncodedMessage], receivedAt: ContinuousClock.Instant?) {
        guard let broadcast = Broadcast(messages, receivedAt: receivedAt) else { return }
        audience.deliver(broadcast)
    }

    /// One fetch at a time; whoever comes meanwhile raises its target.
    private func fetch(through seq: Int64) async {
        fetchTarget = max(fetchTarget, seq)
        guard !isFetching else { return }
        isFetching = true
        defer { isFetching = false }
        metrics.gaps.increment()
        while let head = timeline?.head, head < fetchTarget {
            guard
                let rows = try? await store.messages(
                    in: id, after: head, through: .max, limit: limits.pageMessagesMax),
                !rows.isEmpty
            else { return }
            // What the store no longer has was pruned before this room saw it.
            if let first = rows.first { timeline?.prune(before: first.seq) }
            if case .show(let new) = timeline?.admit(rows.map(EncodedMessage.init)) { show(new, receivedAt: nil) }
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
                result = .success(())
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
