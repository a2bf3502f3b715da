internal import CoreMetrics
internal import NIOCore
internal import Rooms

extension Connection {
    /// Starts the login, or waits for the first message, which must name the key.
    func startLogin(with key: String?) {
        if let key { loopOutlet.start(.logIn(self, key: key)) } else { handling = .awaitingKey }
    }

    /// Starts the login with the key that the first message names.
    func takeKey() {
        guard state.isOpen, let first = inbox.first else { return }
        handling = .paused
        guard let (key, saysMore) = Command.sessionKey(in: first) else {
            return close(.sessionInvalid, reason: "the first frame must be {\"session_key\":\"…\"}")
        }
        if !saysMore { inbox.dropFirst() }
        startLogin(with: key)
    }

    /// Logs in, joins the room and begins to handle messages; if it cannot, the socket is closing.
    func logIn(with key: String) async {
        guard let request = state.loginRequest, await isItsTurnToLogIn() else { return }
        defer { context.loginGate.leave() }
        guard state.isOpen, let session = await admit(key) else { return }
        admitted(session)
        do throws(JoinError) {
            if let (joined, session) = try await join(request.join) {
                welcome(session, joined, events: request.events)
                return converse(as: session)
            }
            close(.restart, reason: "retry_ms=0")
        } catch {
            close(.tryLater, reason: error == .overloaded ? "too many rooms" : "the database is away")
        }
        context.liveSessions.leave(session, self)
    }

    /// Waits for a turn to log in; returns false if the connection closes meanwhile.
    private func isItsTurnToLogIn() async -> Bool {
        let turn = await turn(at: context.loginGate)
        if turn == .full {
            close(.tryLater, reason: "too many logins, retry_ms=\(Int.random(in: NetLimits.loginRetryMilliseconds))")
        }
        return turn == .admitted
    }

    /// Looks up the session of a key and counts the connection in it; returns nil if the socket is closing.
    private func admit(_ key: String) async -> Session? {
        do {
            guard let lookup = try await context.liveSessions.lookup(key: key) else {
                close(.sessionInvalid, reason: ConnectionState.invalidKey)
                return nil
            }
            guard state.isOpen else { return nil }
            switch try await context.liveSessions.enter(lookup, self) {
            case .entered(let session):
                guard let reason = session.removal(since: lookup.session) else { return session }
                context.liveSessions.leave(session, self)
                close(.sessionRevoked, reason: reason)
            case .full: close(.tooManyConnections, reason: "this session has too many connections")
            case .gone: close(.sessionInvalid, reason: ConnectionState.invalidKey)
            }
        } catch {
            close(.tryLater, reason: "the database is away")
        }
        return nil
    }

    /// Joins the session's room; if the room changes meanwhile, joins the new one. Returns nil if it keeps changing, or
    /// if the connection closes.
    private func join(_ request: JoinRequest) async throws(JoinError) -> (Joined, Session)? {
        for _ in 0..<context.limits.joinsPerLoginMax {
            guard let id = state.loginSession?.room else { return nil }
            let (room, reply) = try await context.directory.join(self, room: id, request, view: view)
            // There is no suspension from here to the welcome.
            if let session = joined(room) { return (reply, session) }
            await room.leave(self)
        }
        if state.isOpen { context.metrics.loginsMoved.increment() }
        return nil
    }

    /// Sends the welcome and, in the same write, the messages after the client's cursor.
    private func welcome(_ session: Session, _ joined: Joined, events: EventKinds) {
        context.metrics.logins.increment()
        let messages = joined.page?.messages ?? []
        var buffer = channel.allocator.buffer(capacity: messages.reduce(256) { $0 + $1.json.count + 10 })
        let bytesMax = events.contains(.session) ? context.limits.messageBytesMax : nil
        FrameWriter.text(Reply.welcome(session, joined, messageBytesMax: bytesMax), into: &buffer)
        if outbox.compression == nil {
            for message in messages { FrameWriter.text(message.json, into: &buffer) }
        } else {
            buffer.writeImmutableBuffer(frames(of: messages[...]))
        }
        write(buffer)
        proceed(feed.joined(joined, socketIsFull: outbox.isFull))
    }
}
