internal import CoreMetrics
internal import Logging
internal import NIOCore
internal import Rooms

/// One client: a WebSocket, its session and its place in a room.
///
/// The actor's executor is the event loop of its socket, so bytes, stream and actor share one thread.
actor Connection {
    /// The state of the connection.
    enum Phase {
        case upgrading
        case open
        /// A close frame was sent; nothing more is sent, and inbound messages are discarded.
        case closing
        case closed
    }

    nonisolated let channel: any Channel
    nonisolated let loopOutlet: LoopOutlet
    nonisolated let hub: Hub
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe channel.eventLoop.executor.asUnownedSerialExecutor()
    }

    nonisolated let inbound: AsyncStream<[FrameText]>
    nonisolated let inboundContinuation: AsyncStream<[FrameText]>.Continuation

    var phase = Phase.upgrading
    /// The client's address. The socket is counted there until it closes.
    var place: ClientPlace
    var request: UpgradeRequest?
    var room: Room?
    /// The current session; nil until the connection is counted in it.
    var session: Session?
    /// Whether the client was sent the welcome; only a close frame may precede it.
    var isWelcomed = false
    /// The events that the client asked for.
    var events: EventKinds = []
    /// Whether a changed session must still be sent when the queue has drained.
    var owesSession = false
    /// Frames that arrived in one read with the first frame; they are handled after the login.
    var saidWithKey: [FrameText]?
    /// Its ticket in the login queue; nil while it does not wait.
    var loginTicket: UInt64?
    /// Its ticket in the history queue; at most one, because its frames are handled one after the other.
    var historyTicket: UInt64?
    var feed = Feed()

    var reader: FrameReader
    /// Bytes that arrived after the limit of waiting messages was reached; nil if there are none.
    var unread: ByteBuffer?
    /// The class of compressed messages that the client accepts; nil if it accepts only uncompressed ones.
    var serverClass: Compression.ServerClass?
    var arrived: [FrameText] = []
    var arrivedCost = InboundCost()
    var untaken = InboundCost()
    var isReadPaused = false

    var direct: DirectSocket?
    var queuedBytes = 0
    /// The payload of the newest ping that came while bytes were queued.
    var owedPong: [UInt8]?

    var bucket: TokenBucket?
    /// Shared with the other connections of the session; nil without a limit, and before the login.
    var sessionRate: SessionRate?
    var conduct: Conduct
    /// Whether the client went on after refusals; nothing more is read from it.
    var isFlooding = false
    /// Whether the session has ended or is in another room; nothing more is posted for this client.
    var isOut = false

    var sweepIndex = 0
    var deadlines: ConnectionDeadlines
    /// The drain that closes this connection; nil if there is none.
    var departure: Departure?

    /// A connection that was just accepted; on the event loop.
    init(channel: any Channel, outlet: LoopOutlet, hub: Hub, place: ClientPlace) {
        self.place = place
        self.channel = channel
        self.loopOutlet = outlet
        self.hub = hub
        let limits = hub.limitsOfNewcomers
        // Reading pauses at `inboundMessagesMax`, so this bound is a multiple of what can arrive.
        (inbound, inboundContinuation) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingOldest(limits.inboundMessagesMax * 4))
        self.reader = FrameReader(limits: FrameReader.Limits(limits))
        self.deadlines = ConnectionDeadlines(limits: limits, now: .now())
        self.conduct = Conduct(limits: limits, now: NIODeadline.now().uptimeNanoseconds)
        if let rate = limits.messagesPerSecond {
            bucket = TokenBucket(
                perSecond: rate, burst: limits.messagesBurst, now: NIODeadline.now().uptimeNanoseconds)
        }
    }

    /// Logs in and joins the room; returns true if `converse` may start, else the socket is closing.
    ///
    /// Runs in its own task: a task keeps the memory of its deepest calls until it ends, and the login goes three times
    /// as deep as `converse`.
    func enter() async -> Bool {
        guard let key = await sessionKey(), await isItsTurn() else { return false }
        defer { hub.loginGate.leave() }
        guard phase == .open, let session = await count(key) else { return false }
        // `sessionChanged` may have set a later session already.
        if self.session == nil { self.session = session }
        do throws(JoinError) {
            guard phase == .open, let joined = try await join() else {
                hub.liveSessions.leave(session, self)
                close(.restart, reason: "retry_ms=0")
                return false
            }
            sessionRate = hub.sessionRates.enter(
                session.fingerprint, limits: hub.limitsOfNewcomers, now: NIODeadline.now().uptimeNanoseconds)
            welcome(self.session ?? session, joined)
            request = nil
            return true
        } catch {
            hub.liveSessions.leave(session, self)
            close(.tryLater, reason: error == .overloaded ? "too many rooms" : "the database is away")
            return false
        }
    }

    /// Joins the session's room; if the room changes meanwhile, joins the new one. Returns nil if it keeps changing.
    private func join() async throws(JoinError) -> Joined? {
        for _ in 0..<hub.limits.joinsPerLoginMax {
            guard let id = session?.room else { return nil }
            let (room, joined) = try await hub.directory.join(self, room: id, request?.join ?? .history(nil))
            // There is no suspension from here to the welcome.
            if session?.room == id {
                self.room = room
                return joined
            }
            await room.leave(self)
        }
        hub.metrics.loginsMoved.increment()
        return nil
    }

    /// Handles the client's messages until its socket closes or must be closed.
    func converse() async {
        guard let room, let session else { return }
        if let texts = saidWithKey.take() {
            await handle(texts, in: room)
            taken(texts)
        }
        var inbound = inbound.makeAsyncIterator()
        while let texts = await next(&inbound) {
            await handle(texts, in: room)
            taken(texts)
        }
        // The client receives its own last messages before the connection closes.
        if departure != nil {
            await hub.queue.flush(room.id)
            await loopOutlet.settle()
        }
        await room.leave(self)
        hub.liveSessions.leave(session, self)
        if let sessionRate {
            hub.sessionRates.leave(session.fingerprint, sessionRate, now: NIODeadline.now().uptimeNanoseconds)
        }
        self.room = nil
        if let departure { close(departure.code, reason: departure.reason) }
    }

    /// The next element of the stream.
    ///
    /// `AsyncStream.next` is nonisolated: without the preference each element costs two hops to the global pool and
    /// their thread wake-ups, a fifth of the server's CPU under load. The preference ends with the call, because a task
    /// that keeps one is re-enqueued at every call between actors, even of one executor.
    private func next(_ inbound: inout AsyncStream<[FrameText]>.AsyncIterator) async -> [FrameText]? {
        await withTaskExecutorPreference(loopOutlet.taskExecutor) { await inbound.next() }
    }

    private func sessionKey() async -> String? {
        if let key = request?.sessionKey { return key }
        var inbound = inbound.makeAsyncIterator()
        guard let texts = await next(&inbound) else { return nil }
        guard let first = texts.first, let (key, saysMore) = Command.sessionKey(in: first) else {
            taken(texts)
            close(.sessionInvalid, reason: "the first frame must be {\"session_key\":\"…\"}")
            return nil
        }
        // The frames wait, and count as waiting, until the client is logged in.
        if saysMore {
            saidWithKey = texts
        } else {
            saidWithKey = texts.count > 1 ? Array(texts.dropFirst()) : nil
            taken([first])
        }
        return key
    }

    /// Waits for a turn to log in; returns false if the connection closes meanwhile.
    private func isItsTurn() async -> Bool {
        let turn = await withCheckedContinuation { client in
            guard phase == .open else { return client.resume(returning: TurnGate.Turn.gone) }
            loginTicket = hub.loginGate.ask(client)
        }
        loginTicket = nil
        if turn == .full {
            close(.tryLater, reason: "too many logins, retry_ms=\(Int.random(in: NetLimits.loginRetryMilliseconds))")
        }
        return turn == .come
    }

    /// Leaves the queues for logins and history.
    func leaveQueues() {
        if let ticket = loginTicket.take() { hub.loginGate.giveBack(ticket) }
        if let ticket = historyTicket.take() { hub.historyGate.giveBack(ticket) }
    }

    /// Looks up the session of a key and counts the connection in it; returns nil if the socket is closing.
    private func count(_ key: String) async -> Session? {
        do {
            guard let lookup = try await hub.liveSessions.lookup(key: key) else {
                close(.sessionInvalid, reason: Self.badKey)
                return nil
            }
            guard phase == .open else { return nil }
            switch try await hub.liveSessions.enter(lookup, self) {
            case .entered(let session): return session
            case .full: close(.tooManyConnections, reason: "this session has too many connections")
            case .gone: close(.sessionInvalid, reason: Self.badKey)
            }
        } catch {
            close(.tryLater, reason: "the database is away")
        }
        return nil
    }

    static let badKey = "the session key is unknown or expired"

    /// Sends the welcome and, in the same write, the messages after the client's cursor.
    private func welcome(_ session: Session, _ joined: Joined) {
        isWelcomed = true
        deadlines.loggedIn(now: .now())
        hub.metrics.logins.increment()
        let messages = joined.page?.messages ?? []
        var buffer = channel.allocator.buffer(capacity: messages.reduce(256) { $0 + $1.json.count + 10 })
        let bytesMax = events.contains(.session) ? hub.limits.messageBytesMax : nil
        FrameWriter.text(Reply.welcome(session, joined, messageBytesMax: bytesMax), into: &buffer)
        if serverClass == nil {
            for message in messages { FrameWriter.text(message.json, into: &buffer) }
        } else {
            buffer.writeImmutableBuffer(frames(of: messages[...]))
        }
        write(buffer)
        feed.join(after: joined.cursor)
        if let page = joined.page {
            proceed(feed.received(through: page.through, head: page.head, socketIsFull: isFull))
        } else {
            loopOutlet.requestFetch(for: self)
        }
    }
}
