internal import CoreMetrics
internal import NIOCore
internal import Rooms

extension Connection {
    /// Whether the messages of the client are handled as they arrive.
    enum Handling {
        /// They wait: the login is not over, or a request is being answered.
        case paused
        /// The first one must name the session key.
        case awaitingKey
        case running
        /// All are handled; the client leaves the room.
        case ended
    }

    /// Handles messages from now on, also those that have arrived during the login.
    func converse(as session: Session) {
        let limits = context.limitsOfNewcomers
        // The connection is counted in the shared rate of its session.
        let shared = context.sessionRates.enter(session.fingerprint, limits: limits, now: Self.now)
        rateLimits = ClientRateLimits(limits: limits, session: shared, now: Self.now)
        goOn()
    }

    /// Handles the messages that wait, unless they have to go on waiting; those that arrived together are posted
    /// together.
    func handleWaiting() {
        if handling == .awaitingKey { return takeKey() }
        guard handling == .running, let room = state.joinedRoom else { return }
        // A refusal may close the connection, which calls this again.
        handling = .paused
        if let batch = inbox.takeBatch(), let request = handle(batch, in: room) {
            return loopOutlet.start(.answer(self, request))
        }
        handling = .running
        if inbox.hasEnded {
            handling = .ended
            loopOutlet.start(.leave(self))
        }
    }

    private func goOn() {
        handling = .running
        handleWaiting()
        resumeReading()
    }

    /// Leaves the room and the session, after all messages of the client have been handled.
    func leave() async {
        guard let (room, session) = state.membership else { return }
        // The client receives its own last messages before the connection closes.
        if state.drainReason != nil {
            await context.queue.flush(room.id)
            await loopOutlet.settle()
        }
        await room.leave(self)
        context.liveSessions.leave(session, self)
        if let rate = rateLimits?.session { context.sessionRates.leave(session.fingerprint, rate, now: Self.now) }
        if let reason = state.drainReason { close(reason.code, reason: reason.text) }
    }

    /// Nanoseconds of a monotonic clock.
    private static var now: UInt64 { NIODeadline.now().uptimeNanoseconds }

    /// Handles the messages of a batch up to a request that has to wait, and returns that; the rest waits behind it.
    private func handle(_ batch: [TextMessage], in room: Room) -> HistoryRequest? {
        var drafts: [Draft] = []
        for (index, message) in batch.enumerated() {
            // Messages from before a flood was detected count; the rest is not parsed.
            guard let session = state.sender else { break }
            let command: Command
            do { command = try Command.read(message) } catch {
                refuse(error)
                continue
            }
            switch command {
            case .message(let text, let id, let replyTo):
                guard isAllowed(session, id: id), isKnown(replyTo, in: room, id: id),
                    isInTurn(session, id: id)
                else { continue }
                drafts.append(Draft(text, clientID: id, replyTo: replyTo, of: session))
            case .change(let target, let action, let id):
                guard isAllowed(session, id: id) else { continue }
                change(target, action, id: id, as: session, in: room)
            case .moderate(let action, let id):
                guard mayModerate(session, id: id) else { continue }
                change(0, .moderate(action), id: id, as: session, in: room)
            case .history(let before, let limit):
                // Earlier messages are posted first: the session may change meanwhile.
                post(drafts, in: room)
                inbox.putBack(batch[(index + 1)...])
                return HistoryRequest(before: before, limit: limit)
            case .sessionKey:
                refuse(WireError(.unknownCommand, "the session key belongs into the first frame"))
            }
        }
        post(drafts, in: room)
        return nil
    }

    /// Answers a request, then handles what has arrived behind it.
    func answer(_ request: HistoryRequest) async {
        if let room = state.joinedRoom { await showHistory(in: room, before: request.before, limit: request.limit) }
        goOn()
    }

    private func post(_ drafts: [Draft], in room: Room) {
        guard !drafts.isEmpty, state.mayPost else { return }
        if !room.post(drafts, from: self) {
            for draft in drafts {
                tell(
                    WireError(
                        .unavailable,
                        "the database is away and the queue is full: the message is not stored, try again",
                        clientID: draft.clientID))
            }
        }
    }

    private func change(
        _ target: Int64, _ action: ChangeDraft.Action, id: String?, as session: Session, in room: Room
    ) {
        guard state.mayPost else { return }
        let draft = ChangeDraft(
            target: target, action: action, user: session.userName, identity: session.identity,
            isModerator: session.role == .moderator,
            editWindowSeconds: context.limitsOfNewcomers.editWindowSeconds, clientID: id)
        if !room.change(draft, by: self) {
            tell(WireError(.unavailable, "too many changes wait: it is not stored, try again", clientID: id))
        }
    }

    /// Whether the room holds the message that a new one replies to; sends an error if not.
    private func isKnown(_ replyTo: Int64?, in room: Room, id: String?) -> Bool {
        guard let replyTo, replyTo > max(room.span?.lastSeq ?? 0, feed.cursor) else { return true }
        refuse(WireError(.badMessage, "\"reply_to\" is larger than the number of the newest message", clientID: id))
        return false
    }

    /// Whether the session may send one more message or change now; sends an error if not.
    private func isAllowed(_ session: Session, id: String?) -> Bool {
        guard session.mayWrite else {
            refuse(WireError(.readOnly, "this session may read only", clientID: id))
            return false
        }
        if let mute = session.moderation?.mute, !mute.isOver(at: .now()) {
            var error = WireError(.muted, "a moderator has muted you", clientID: id)
            error.mute = mute
            refuse(error)
            return false
        }
        guard session.moderation?.isFrozen != true || session.role == .moderator else {
            refuse(WireError(.frozen, "only moderators may write in this room now", clientID: id))
            return false
        }
        return isSlowEnough(id: id)
    }

    /// Whether the session may moderate, and not too fast; sends an error if not.
    private func mayModerate(_ session: Session, id: String?) -> Bool {
        guard session.role == .moderator else {
            refuse(WireError(.forbidden, "only moderators may do this", clientID: id))
            return false
        }
        return isSlowEnough(id: id)
    }

    /// Whether the slow mode of the room allows one more message of the person; sends an error if not.
    private func isInTurn(_ session: Session, id: String?) -> Bool {
        guard let seconds = session.moderation?.slowModeSeconds, seconds > 0, session.role != .moderator,
            let milliseconds = context.slowModeTimes.take(
                session.identity, in: session.room, seconds: seconds, now: Self.now)
        else { return true }
        context.metrics.slowModeLimited.increment()
        refuse(
            WireError(
                .rateLimited, "the room is in slow mode: try again in \(milliseconds) ms", clientID: id,
                retryAfterMilliseconds: milliseconds))
        return false
    }

    /// Whether the rates of the connection and of its session allow one more command; sends an error if not.
    private func isSlowEnough(id: String?) -> Bool {
        if let milliseconds = takeMessage() {
            refuse(
                WireError(
                    .rateLimited, "too many messages: try again in \(milliseconds) ms", clientID: id,
                    retryAfterMilliseconds: milliseconds))
            return false
        }
        return true
    }

    /// Returns nil if one more message is allowed, else the milliseconds until it is.
    private func takeMessage() -> Int64? {
        switch rateLimits?.takeMessage(now: Self.now) {
        case nil: return nil
        case .connection(let milliseconds):
            context.metrics.rateLimited.increment()
            return milliseconds
        case .session(let milliseconds):
            context.metrics.sessionRateLimited.increment()
            return milliseconds
        }
    }

    private func showHistory(
        in room: Room, before: Int64?, limit: Int?
    ) async {
        if let milliseconds = rateLimits?.takeHistory(now: Self.now) {
            context.metrics.historiesLimited.increment()
            return refuse(
                WireError(
                    .rateLimited, "too many requests for history: try again in \(milliseconds) ms",
                    retryAfterMilliseconds: milliseconds))
        }
        guard await isItsTurnForHistory() else { return }
        // The turn lasts from the database read until the reply is in the socket's queue. A client that reads slowly
        // fills its own queue; it does not keep its turn.
        defer { context.historyGate.leave() }
        // A client that keeps asking without reading must not make the queue grow.
        guard !outbox.isFull else {
            return refuse(
                WireError(.rateLimited, "read what was sent before asking for more", retryAfterMilliseconds: 1000))
        }
        do {
            let cursor = feed.cursor
            let (messages, more) = try await room.history(before: before, limit: limit, view: view, cursor: cursor)
            reply(Reply.history(messages, more: more))
        } catch {
            tell(WireError(.unavailable, "the database is away: try again"))
        }
    }

    /// Waits for a turn to read history; returns false if the client disconnects meanwhile, or was told to retry
    /// because the queue is full.
    private func isItsTurnForHistory() async -> Bool {
        switch await turn(at: context.historyGate) {
        case .admitted where state.isOpen: return true
        case .admitted: context.historyGate.leave()
        case .full:
            let milliseconds = Int64.random(in: NetLimits.historyRetryMilliseconds)
            tell(
                WireError(
                    .rateLimited, "too many clients wait for history: try again in \(milliseconds) ms",
                    retryAfterMilliseconds: milliseconds))
        case .withdrawn: break
        }
        return false
    }

    /// Sends an error for a message where the client is at fault; closes the connection if there are too many.
    private func refuse(_ error: WireError) {
        guard rateLimits?.allowsRefusal(now: Self.now) != false else { return flooded("kept sending what is refused") }
        tell(error)
    }

    private func tell(_ error: WireError) {
        guard !outbox.isFull else { return }
        reply(Reply.error(error))
    }
}
