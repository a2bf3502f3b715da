internal import CoreMetrics
internal import Logging
internal import NIOCore
internal import Rooms

/// One client: a WebSocket, its session and its place in a room.
///
/// The actor's executor is the event loop of its socket, so bytes, stream and actor share one thread.
actor Connection {
    /// How far the connection has come.
    enum Phase {
        case upgrading
        case open
        /// A close frame was sent; nothing more is, and whatever comes is discarded.
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
    /// Where the client is. It is counted there until the socket ends.
    var place: ClientPlace
    var request: UpgradeRequest?
    var room: Room?
    /// The session as of now; nil until the connection counts.
    var session: Session?
    /// Whether the client was told that it is logged in: nothing comes before that.
    var isWelcomed = false
    /// The events that the client asked for.
    var events: EventKinds = []
    /// Whether a changed session is still to be told, when the client has taken what is queued.
    var owesSession = false
    /// What came in one read with the first frame, to be said after the login.
    var saidWithKey: [FrameText]?
    /// Its place among those who wait to log in.
    var loginTicket: UInt64?
    /// Its place among those who wait for history; one at most, for its frames are handled one after the other.
    var historyTicket: UInt64?
    var feed = Feed()

    var reader: FrameReader
    /// What has come behind more messages than may wait; nil while there is nothing.
    var unread: ByteBuffer?
    /// The class of compressed messages that the client takes; nil if it takes plain ones only.
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
    /// Whether the client went on although it was refused: nothing of it is read any more.
    var isFlooding = false
    /// Whether the session has gone or is in another room now: nothing more is said for this client.
    var isOut = false

    var sweepIndex = 0
    var deadlines: ConnectionDeadlines
    /// Why the client is being sent away; nil while it is not.
    var departure: Departure?

    /// A connection that was just accepted; on the event loop.
    init(channel: any Channel, outlet: LoopOutlet, hub: Hub, place: ClientPlace) {
        self.place = place
        self.channel = channel
        self.loopOutlet = outlet
        self.hub = hub
        let limits = hub.limitsOfNewcomers
        // Reading pauses at `inboundMessagesMax`, so this bound holds a multiple of what can come.
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

    /// Logs in and joins the room; true if the conversation may begin, else the socket is closing.
    ///
    /// A task of its own: the memory that a task's calls have taken at their deepest is the task's until it ends, and
    /// logging in goes three times as deep as conversing.
    func enter() async -> Bool {
        guard let key = await sessionKey(), await isItsTurn() else { return false }
        defer { hub.loginGate.leave() }
        guard phase == .open, let session = await count(key) else { return false }
        // Of a later change it has been told already.
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

    /// Joins the room of the session; where that changes meanwhile, the new one. Nil if it changes on and on.
    private func join() async throws(JoinError) -> Joined? {
        for _ in 0..<hub.limits.joinsPerLoginMax {
            guard let id = session?.room else { return nil }
            let (room, joined) = try await hub.directory.join(self, room: id, request?.join ?? .history(nil))
            // From here to the welcome nothing is waited for.
            if session?.room == id {
                self.room = room
                return joined
            }
            await room.leave(self)
        }
        hub.metrics.loginsMoved.increment()
        return nil
    }

    /// Does what the client says until its socket ends or is to be closed.
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
        // The client sees its own last messages before it is sent away.
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
    /// `AsyncStream.next` is nonisolated: without the preference each element costs two trips to the global pool and
    /// their thread wake-ups, a fifth of the server's CPU under load. The preference ends with the call, because a task
    /// that keeps one is re-enqueued at every call between actors, also of one executor.
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
        // They wait, and count as waiting, until the client is logged in.
        if saysMore {
            saidWithKey = texts
        } else {
            saidWithKey = texts.count > 1 ? Array(texts.dropFirst()) : nil
            taken([first])
        }
        return key
    }

    /// Waits until few enough log in; false if the client is gone or sent away meanwhile.
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

    /// Waits for nothing more: neither for a login nor for history.
    func leaveQueues() {
        if let ticket = loginTicket.take() { hub.loginGate.giveBack(ticket) }
        if let ticket = historyTicket.take() { hub.historyGate.giveBack(ticket) }
    }

    /// Looks the session of a key up and counts the connection in; nil if the socket is closing.
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

    /// The first frame and, in the same write, what follows the client's cursor.
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
