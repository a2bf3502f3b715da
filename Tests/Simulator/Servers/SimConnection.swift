internal import Net
internal import Rooms

/// One client's connection, with a network of frames instead of a socket of bytes. It performs what `ConnectionState`
/// and `Feed` decide, as `Connection` in `Net` does.
///
/// Its executor is its loop. Frames beyond the window wait in its queue, like bytes that the kernel does not take.
actor SimConnection {
    nonisolated let id: Int
    nonisolated let user: String
    nonisolated let loopOutlet: SimOutlet
    nonisolated var unownedExecutor: UnownedSerialExecutor { loopOutlet.loop.asUnownedSerialExecutor() }

    private nonisolated let world: World
    private nonisolated let node: Node
    private nonisolated let process: ProcessID
    private nonisolated let roomID: RoomID
    private nonisolated let view: LogView
    private nonisolated let request: JoinRequest
    private nonisolated let windowFrames: Int
    private nonisolated let queueFramesMax: Int
    private nonisolated let inbound: AsyncStream<[ClientFrame]>
    private nonisolated let inboundContinuation: AsyncStream<[ClientFrame]>.Continuation

    private var state = ConnectionState()
    private(set) var feed = Feed()
    private var inFlight = 0
    private var queue: [Frame] = []

    /// A connection that was just accepted, with a session that never changes.
    init(
        id: Int, user: String, room: RoomID, view: LogView, request: JoinRequest, outlet: SimOutlet, node: Node,
        process: ProcessID, world: World
    ) {
        self.id = id
        self.user = user
        self.roomID = room
        self.view = view
        self.request = request
        self.loopOutlet = outlet
        self.node = node
        self.process = process
        self.world = world
        windowFrames = world.profile.windowFrames
        queueFramesMax = world.profile.queueFramesMax
        (inbound, inboundContinuation) = AsyncStream.makeStream()
        state.upgraded(UpgradeRequest(sessionKey: nil, join: request, events: []))
        state.admitted(Session(fingerprint: user, userName: user, room: room, role: .member))
    }

    /// Joins the room and handles frames until the socket ends or is to be closed.
    func live() async {
        do {
            let (room, joined) = try await node.directory.join(self, room: roomID, request, view: view)
            guard state.joined(room) != nil else { return await room.leave(self) }
            welcome(joined)
            await converse(in: room)
        } catch {
            close()
        }
    }

    private func converse(in room: Room) async {
        for await frames in inbound { await handle(frames, in: room) }
        if state.drainReason != nil {
            await node.queue.flush(roomID)
            await loopOutlet.settle()
        }
        await room.leave(self)
        if state.drainReason != nil { close() }
    }

    private func handle(_ frames: [ClientFrame], in room: Room) async {
        var drafts: [Draft] = []
        for frame in frames {
            switch frame {
            case .say(let draft): drafts.append(draft)
            case .change(let draft): change(draft, in: room)
            case .history(let before, let limit, let asOf):
                await showHistory(in: room, before: before, limit: limit, asOf: asOf)
            }
        }
        guard !drafts.isEmpty else { return }
        if room.post(drafts, from: self) {
            world.post { [texts = drafts.map(\.text), process] in $0.accepted[process, default: []] += texts }
        } else {
            for draft in drafts { write([.unavailable(text: draft.text)]) }
        }
    }

    private func change(_ draft: ChangeDraft, in room: Room) {
        if !room.change(draft, by: self) {
            write([.error(Reply.error(WireError(.unavailable, "too many changes wait", clientID: draft.clientID)))])
        }
    }

    private func showHistory(in room: Room, before: Int64?, limit: Int, asOf: Int64) async {
        guard !isFull,
            let (messages, more) = try? await room.history(
                before: before, limit: limit, view: view, cursor: feed.cursor)
        else { return }
        write([.history(messages, before: before, more: more, asOf: asOf)])
    }

    private func welcome(_ joined: Joined) {
        var frames = [
            Frame.welcome(
                epoch: joined.epoch, lastSeq: joined.lastSeq, resumed: joined.resumed, reset: joined.reset)
        ]
        frames += (joined.page?.messages ?? []).map { .message($0, asOf: joined.lastSeq) }
        write(frames)
        if let page = joined.page { tellShort(page) }
        proceed(feed.joined(joined, socketIsFull: isFull))
    }

    /// Tells the world that a client may miss a `prev_seq`; the world learns it before the client sees the next
    /// message.
    private func tellShort(_ page: Page) {
        guard page.through > page.messages.last?.seq ?? 0 else { return }
        world.post { [id] world in
            if let client = world.links[id]?.client { world.clients[client].hadShortPage = true }
        }
    }

    func offer(_ broadcast: Broadcast) {
        let broadcast = broadcast.seen(in: view)
        switch feed.offered(broadcast, socketIsFull: isFull) {
        case .ignore, .demote: break
        case .writeAll: write(broadcast.messages.map { .message($0, asOf: 0) })
        case .write(let messages): write(messages.map { .message($0, asOf: 0) })
        case .fetch: loopOutlet.requestFetch(for: self)
        }
    }

    /// - Parameter asOf: see `Frame.message`.
    private func proceed(_ next: Feed.Next, asOf: Int64 = 0) {
        switch next {
        case .rest: break
        case .fetch: loopOutlet.requestFetch(for: self)
        case .write(let messages):
            write(messages.map { .message($0, asOf: asOf) })
            proceed(feed.wrote(socketIsFull: isFull))
        case .close: close()
        }
    }

    /// Fetches and writes the page after the cursor; called by the outlet's workers.
    func fetchPage() async {
        guard let room = state.room else { return }
        do {
            let head = room.span?.lastSeq ?? 0
            let page = try await room.page(after: feed.cursor, view: view)
            tellShort(page)
            proceed(feed.fetched(page), asOf: head)
        } catch {
            proceed(feed.fetchFailed(error))
        }
    }

    func repeatMessage(_ message: EncodedMessage) {
        if feed.hasPassed(message) || !message.isVisible(in: view) { write([.message(message, asOf: 0)]) }
    }

    // MARK: the socket

    private var isFull: Bool { queue.count >= queueFramesMax }

    func write(_ frames: [Frame]) {
        guard state.isOpen else { return }
        queue += frames
        transmit()
    }

    private func transmit() {
        let count = min(queue.count, windowFrames - inFlight)
        guard count > 0 else { return }
        inFlight += count
        let (id, frames) = (id, Array(queue.prefix(count)))
        queue.removeFirst(count)
        world.post { $0.carry(frames, over: id) }
    }

    /// The client has read `count` frames.
    func acknowledged(_ count: Int) {
        inFlight -= count
        let wasQueueing = !queue.isEmpty
        transmit()
        if wasQueueing, queue.count <= queueFramesMax / 2 { proceed(feed.drained()) }
    }

    /// Handles the frames of one read.
    func received(_ frames: [ClientFrame]) {
        if state.takesInput { inboundContinuation.yield(frames) }
    }

    func close() {
        guard state.isOpen else { return }
        write([.close])
        _ = state.closing(.handled)
        feed.left()
        inboundContinuation.finish()
    }

    /// The socket is closed.
    func disconnected() {
        _ = state.closed()
        feed.left()
        queue = []
        inboundContinuation.finish()
    }

    func drain() {
        switch state.drain(.stop(connections: 1)) {
        case .none, .wait: break
        case .disconnect, .close: close()
        case .endInput: inboundContinuation.finish()
        }
    }

    func sweep() {
        if !isFull { proceed(feed.drained()) }
    }
}

extension SimConnection: Member {
    nonisolated var outlet: any Outlet { loopOutlet }

    nonisolated func deliver(_ broadcast: Broadcast) { assumeIsolated { $0.offer(broadcast) } }

    nonisolated func send(_ json: [UInt8]) {
        if loopOutlet.loop.isCurrent {
            assumeIsolated { $0.write([.error(json)]) }
        } else {
            loopOutlet.loop.execute { self.assumeIsolated { $0.write([.error(json)]) } }
        }
    }

    nonisolated func sendAgain(_ message: EncodedMessage) {
        loopOutlet.loop.execute { self.assumeIsolated { $0.repeatMessage(message) } }
    }

    nonisolated func acknowledge(_ change: EncodedMessage) {
        loopOutlet.loop.execute {
            self.assumeIsolated { if !change.isVisible(in: $0.view) { $0.write([.message(change, asOf: 0)]) } }
        }
    }

    nonisolated func startOver() { loopOutlet.loop.execute { self.assumeIsolated { $0.close() } } }

    nonisolated func sessionChanged(to session: Session?) {}
}
