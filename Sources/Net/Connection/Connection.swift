internal import CoreMetrics
internal import NIOCore
internal import Rooms

/// One client: a WebSocket, its session and its membership of a room.
///
/// Its executor is the event loop of its socket. What its socket reads comes to it by the loop's stream, and is handled
/// without a task. What has to wait (the login, a request for history, leaving) has a task of its own. `ConnectionState`
/// decides.
actor Connection {
    nonisolated let channel: any Channel
    nonisolated let loopOutlet: LoopOutlet
    nonisolated let context: ConnectionContext
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe channel.eventLoop.executor.asUnownedSerialExecutor()
    }

    private(set) var state = ConnectionState()
    /// Only for `Connection+Commands`.
    var inbox: Inbox
    /// Whether messages are handled as they arrive; only for `Connection+Commands`.
    var handling = Handling.paused
    /// Whether the connection is in its loop's stream of reads.
    private var isInStream = false
    private(set) var outbox: Outbox
    /// What the client receives of its room's log; set by the upgrade.
    private(set) var view = LogView.messages
    private var controlFrames: TokenBucket
    private var deadlines: ConnectionDeadlines
    /// nil before the login; only for `Connection+Commands`.
    var rateLimits: ClientRateLimits?
    /// How far the client has come in its room; only for `Connection+Member`.
    var feed = Feed()
    /// The index of the connection in its outlet; only for `LoopOutlet`.
    var sweepIndex = 0

    /// A connection that was just accepted; on the event loop.
    init(channel: any Channel, outlet: LoopOutlet, context: ConnectionContext) {
        self.channel = channel
        self.loopOutlet = outlet
        self.context = context
        let (limits, now) = (context.limitsOfNewcomers, NIODeadline.now())
        inbox = Inbox(limits: limits)
        outbox = Outbox(limits: limits)
        deadlines = ConnectionDeadlines(limits: limits, now: now)
        controlFrames = TokenBucket(
            perSecond: limits.controlFramesPerSecond, burst: limits.controlFramesBurst, now: now.uptimeNanoseconds)
    }

    /// Starts the WebSocket after a successful upgrade.
    func upgraded(_ request: UpgradeRequest, isPlain: Bool) {
        state.upgraded(request)
        view = request.events.contains(.changes) ? .changes : .messages
        if let compression = request.compression { inbox.accept(compression, limits: context.limits) }
        if isPlain { try? channel.syncOptions?.setOption(.recvAllocator, value: loopOutlet.receiveBuffer) }
        // A direct write would overtake bytes of the response that are still queued.
        let queued = try? channel.syncOptions?.getOption(.bufferedWritableBytes)
        outbox.open(isPlain && queued == 0 ? DirectSocket(channel) : nil, compression: request.compression?.serverClass)
        startLogin(with: request.sessionKey)
    }

    /// Waits for a turn at a gate; withdrawn if the connection drains or closes meanwhile.
    func turn(at gate: TurnGate) async -> TurnGate.Turn {
        let turn = await withCheckedContinuation { client in
            guard state.takesInput else { return client.resume(returning: TurnGate.Turn.withdrawn) }
            state.waits(with: gate.ask(client))
        }
        state.waits(with: nil)
        return turn
    }

    /// See `ConnectionState`, also for `joined`.
    func admitted(_ session: Session) { state.admitted(session) }
    func joined(_ room: Room) -> Session? {
        guard let session = state.joined(room) else { return nil }
        deadlines.loggedIn(now: .now())
        return session
    }

    /// Takes over a changed session; nil if it is gone.
    func sessionChanged(_ session: Session?) {
        switch state.sessionChanged(to: session) {
        case .none: break
        case .tell: tellSession()
        case .close(let code, let reason): close(code, reason: reason, backlog: .discarded)
        }
    }

    /// Stops reading from the client, stores and delivers the messages it has sent, then closes.
    func drain(_ reason: DrainReason) {
        switch state.drain(reason) {
        case .none: break
        case .wait:
            channel.eventLoop.scheduleTask(in: reason.loginGrace) {
                self.assumeIsolated { $0.drain(reason.withoutGrace) }
            }
        case .disconnect: channel.close(promise: nil)
        case .close: close(reason.code, reason: reason.text)
        case .endInput(let ticket):
            setReading(false)
            context.giveBack(ticket)
            endInput()
        }
    }

    /// Starts the closing handshake; the socket closes when the client answers or `closeTimeout` has passed.
    func close(_ code: CloseCode, reason: String, backlog: ConnectionState.Backlog = .handled) {
        guard state.isOpen else { return }
        context.metrics.closed(code)
        writeLast(FrameWriter.close(code, reason: reason), backlog)
    }

    /// Closes the connection of a client that goes on after refusals. Its further bytes are not read from the kernel;
    /// after `lingerTimeout` the socket is reset.
    func flooded(_ reason: String) {
        guard state.isOpen else { return }
        close(.flooding, reason: reason, backlog: .ignored)
        endOutputWhenWritten()
    }

    private func peerClosed(_ code: UInt16?) {
        if state.isOpen { writeLast(FrameWriter.close(echoing: code), .handled) }
        endOutputWhenWritten()
    }

    private func writeLast(_ closeFrame: ByteBuffer, _ backlog: ConnectionState.Backlog) {
        write(closeFrame)
        context.giveBack(state.closing(backlog))
        feed.left()
        deadlines.closing(now: .now())
        endInput()
        if backlog == .ignored { inbox.ignore() }
        setReading(state.isReading)
        // Unparsed bytes may contain the client's close frame; the rest is discarded.
        readFrames()
    }

    /// Closes the server's side when the queue has been written. The socket closes when the client closes its side or
    /// `lingerTimeout` has passed; bytes that arrive meanwhile are discarded.
    private func endOutputWhenWritten() {
        guard !outbox.isEmpty else { return endOutput() }
        let flushed = channel.eventLoop.makePromise(of: Void.self)
        flushed.futureResult.assumeIsolated().whenComplete { _ in self.assumeIsolated { $0.endOutput() } }
        channel.writeAndFlush(ByteBuffer(), promise: flushed)
    }

    private func endOutput() {
        deadlines.lingering(now: .now())
        channel.endOutput()
        // Closing a socket with unread bytes resets it, and the client might lose its close frame. But reading and
        // discarding the bytes of a flooding client costs the other clients more than a lost close frame is worth.
        setReading(state.isReading)
    }

    /// Cleans up after the socket was closed. (Bytes that are still unparsed are lost: they were not acknowledged.)
    func disconnected() {
        guard !state.isClosed else { return }
        context.giveBack(state.closed())
        feed.left()
        outbox.close()
        inbox.ignore()
        loopOutlet.assumeIsolated { $0.remove(self) }
        handleWaiting()
    }

    /// Checks the deadlines; called a few times a second.
    func sweep(now: NIODeadline) {
        if !outbox.isEmpty, let left = try? channel.syncOptions?.getOption(.bufferedWritableBytes) {
            deadlines.sawQueue(bytes: left, now: now)
        }
        switch deadlines.check(now: now, isUpgrading: state.isUpgrading, isQueueing: !outbox.isEmpty) {
        case .none: break
        case .ping: writeControl(.ping, [])
        case .tooLate: close(.timeout, reason: "too late")
        case .stuck: close(.tryLater, reason: "no progress in reading")
        case .abandon:
            context.metrics.abandoned.increment()
            channel.close(promise: nil)
        }
        if !outbox.isFull { proceed(feed.drained()) }
    }

    /// Takes bytes from the socket.
    func received(_ bytes: ByteBuffer) {
        guard state.isReading else { return }
        deadlines.heard(now: .now())
        if inbox.receive(bytes) { readFrames() }
    }

    private func readFrames() {
        while let event = inbox.nextEvent() {
            switch event {
            case .text: break  // The inbox has kept it.
            case .binary: close(.unsupportedData, reason: "text frames only")
            case .ping(let payload): if allowsControlFrame() { answer(ping: payload) }
            case .pong: _ = allowsControlFrame()
            case .close(let code): peerClosed(code)
            case .violation(let code, let reason):
                // Does not wait for an answer, because nothing more is read (RFC 6455 section 7.1.7).
                close(code, reason: reason)
                endOutputWhenWritten()
            }
        }
    }

    private func allowsControlFrame() -> Bool {
        guard state.isOpen else { return false }
        if controlFrames.take(now: NIODeadline.now().uptimeNanoseconds) == nil { return true }
        flooded("too many pings and pongs")
        return false
    }

    /// Passes the messages of a read on, together, by the stream of the loop.
    func readCompleted() {
        if inbox.hasMessages, !exchange(&isInStream, with: true) { loopOutlet.hasRead(self) }
        guard isTooMuchWaiting, state.takesInput else { return }
        context.metrics.readPauses.increment()
        setReading(false)
    }

    /// Handles the messages of a read. On the event loop.
    nonisolated func handleRead() {
        assumeIsolated { connection in
            connection.isInStream = false
            connection.handleWaiting()
            connection.resumeReading()
        }
    }

    private func endInput() {
        inbox.discardMessages()
        handleWaiting()
    }

    private var isTooMuchWaiting: Bool { inbox.isFull || outbox.isFull }

    /// Resumes reading after a pause, if little is queued in both directions.
    func resumeReading() {
        guard inbox.isPaused, state.takesInput, inbox.isHalfEmpty, outbox.isHalfEmpty else { return }
        readFrames()
        readCompleted()
        if state.takesInput, !isTooMuchWaiting { setReading(true) }
    }

    private func setReading(_ isReading: Bool) {
        guard inbox.setPaused(!isReading) else { return }
        try? channel.syncOptions?.setOption(.autoRead, value: isReading)
    }

    /// Writes frames: directly to the socket while the queue is empty, else to the end of the queue.
    func write(_ buffer: ByteBuffer) {
        guard state.isOpen else { return }
        let wasEmpty = outbox.isEmpty
        guard let rest = outbox.write(buffer) else { return }
        if wasEmpty { deadlines.progressed(now: .now()) }
        let count = rest.readableBytes
        let written = channel.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in self.assumeIsolated { $0.written(count) } }
        channel.writeAndFlush(rest, promise: written)
    }

    private func written(_ count: Int) {
        outbox.written(count)
        deadlines.progressed(now: .now())
        guard state.isOpen, outbox.isHalfEmpty else { return }
        proceed(feed.drained())
        guard inbox.isPaused || outbox.hasDeferred else { return }
        // In a later turn: a write's completion must not write (see `DirectSocket`).
        channel.eventLoop.execute { self.assumeIsolated { $0.drained() } }
    }

    /// Sends what had to wait for the queue to drain, and resumes reading.
    private func drained() {
        if outbox.takeSession() { tellSession() }
        if let payload = outbox.takePong() { writeControl(.pong, payload) }
        resumeReading()
    }

    /// Sends the client its session: at once, or when the queue has drained.
    func tellSession() { if outbox.admitsSession(), let session = state.sender { reply(Reply.session(session)) } }

    /// Answers a ping: at once, or when the queue is empty.
    private func answer(ping payload: [UInt8]) {
        guard !outbox.isEmpty else { return writeControl(.pong, payload) }
        if outbox.deferPong(payload) { context.metrics.pongsLeftOut.increment() }
    }

    private func writeControl(_ opcode: FrameHeader.Opcode, _ payload: [UInt8]) {
        guard state.isWelcomed else { return }
        write(FrameWriter.frame(opcode, payload))
    }
}
