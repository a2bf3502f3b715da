internal import Net
internal import Rooms

/// A connection that logs in with a session that changes. It performs what `ConnectionState` and `ClientRateLimits`
/// decide, as `Connection` in `Net` does, over a network of frames.
actor SimVisitor {
    nonisolated let number: Int
    nonisolated let loopOutlet: SimOutlet
    nonisolated var unownedExecutor: UnownedSerialExecutor { loopOutlet.loop.asUnownedSerialExecutor() }

    private nonisolated let key: String
    private nonisolated let node: Node
    private nonisolated let rates: SessionRates
    private nonisolated let process: ProcessID
    private nonisolated let world: World
    private nonisolated let inbound: AsyncStream<VisitorMessage>
    private nonisolated let inboundContinuation: AsyncStream<VisitorMessage>.Continuation

    private var state = ConnectionState()
    private var rateLimits: ClientRateLimits?
    /// What it was last notified of. Only for the checks, so apart from the state, which they test.
    private var notice = SessionNotice.none

    /// A connection that was just accepted.
    init(
        number: Int, key: String, outlet: SimOutlet, node: Node, rates: SessionRates, process: ProcessID, world: World
    ) {
        self.number = number
        self.key = key
        self.loopOutlet = outlet
        self.node = node
        self.rates = rates
        self.process = process
        self.world = world
        (inbound, inboundContinuation) = AsyncStream.makeStream()
    }

    /// Logs in, and handles messages until the socket ends or is to be closed.
    func live() async {
        let startedAt = world.scheduler.nowMicroseconds
        state.upgraded(UpgradeRequest(sessionKey: key, join: .history(0), events: .session))
        if let session = await admit() {
            state.admitted(session)
            if let room = await join(since: startedAt) { await converse(in: room, session.fingerprint) }
            node.liveSessions.leave(session, self)
        }
        world.post { [number] in $0.visitEnded(number) }
    }

    private func admit() async -> Session? {
        do {
            guard let lookup = try await node.liveSessions.lookup(key: key) else {
                close(.sessionInvalid)
                return nil
            }
            guard state.isOpen else { return nil }
            switch try await node.liveSessions.enter(lookup, self) {
            case .entered(let session): return session
            case .full: close(.tooManyConnections)
            case .gone: close(.sessionInvalid)
            }
        } catch {
            close(.tryLater)
        }
        return nil
    }

    private func join(since startedAt: Int64) async -> Room? {
        for _ in 0..<3 {
            guard let id = state.loginSession?.room,
                let (room, _) = try? await node.directory.join(self, room: id, .history(0))
            else { break }
            if let session = state.joined(room) {
                write(.welcome(session, loginStartedAt: startedAt))
                return room
            }
            await room.leave(self)
        }
        close(.tryLater)
        return nil
    }

    private func converse(in room: Room, _ fingerprint: String) async {
        let limits = world.profile.netLimits
        rateLimits = ClientRateLimits(
            limits: limits, session: rates.enter(fingerprint, limits: limits, now: now), now: now)
        for await message in inbound { handle(message, in: room) }
        await room.leave(self)
        if let rate = rateLimits?.session { rates.leave(fingerprint, rate, now: now) }
    }

    private func handle(_ message: VisitorMessage, in room: Room) {
        guard let session = state.sender else { return }
        guard session.mayWrite, rateLimits?.takeMessage(now: now) == nil else { return refuse() }
        guard state.mayPost else { return }
        let utterance = Utterance(
            message: message, key: key, session: session, room: room.id, nanoseconds: now, process: process,
            notice: notice)
        world.post { $0.spoke(utterance) }
        if !room.post([Draft(message.text, clientID: message.id, of: session)], from: self) { write(.refused) }
    }

    private func refuse() {
        guard rateLimits?.allowsRefusal(now: now) != false else { return close(.flooding, backlog: .ignored) }
        write(.refused)
    }

    /// Nanoseconds of the virtual clock.
    private var now: UInt64 { UInt64(world.scheduler.nowMicroseconds) * 1000 }

    private func sessionChanged(_ session: Session?) {
        notice = session.map { .changed($0) } ?? .gone
        switch state.sessionChanged(to: session) {
        case .none: break
        case .tell: if let session = state.sender { write(.session(session)) }
        case .close(let code, _): close(code, backlog: .discarded)
        }
    }

    private func offer(_ broadcast: Broadcast) {
        if state.isWelcomed { write(.shown(broadcast.seen(in: .messages).messages)) }
    }

    // MARK: the socket

    private func write(_ frame: VisitorFrame) {
        guard state.isOpen else { return }
        world.post { [number, notice] in $0.carry(frame, toVisit: number, notice: notice) }
    }

    /// Handles a message that the client has sent.
    func received(_ message: VisitorMessage) { if state.isOpen { inboundContinuation.yield(message) } }

    private func close(_ code: CloseCode, backlog: ConnectionState.Backlog = .handled) {
        guard state.isOpen else { return }
        write(.close(code))
        _ = state.closing(backlog)
        inboundContinuation.finish()
    }

    /// The socket is closed.
    func disconnected() {
        _ = state.closed()
        inboundContinuation.finish()
    }
}

extension SimVisitor: Member {
    nonisolated var outlet: any Outlet { loopOutlet }

    nonisolated func deliver(_ broadcast: Broadcast) { assumeIsolated { $0.offer(broadcast) } }

    nonisolated func send(_ json: [UInt8]) {
        loopOutlet.loop.execute { self.assumeIsolated { $0.write(.refused) } }
    }

    nonisolated func sendAgain(_ message: EncodedMessage) {
        loopOutlet.loop.execute { self.assumeIsolated { $0.write(.shown([message])) } }
    }

    nonisolated func acknowledge(_ change: EncodedMessage) {}

    nonisolated func startOver() { loopOutlet.loop.execute { self.assumeIsolated { $0.close(.restart) } } }

    nonisolated func sessionChanged(to session: Session?) {
        loopOutlet.loop.execute { self.assumeIsolated { $0.sessionChanged(session) } }
    }
}
