internal import CoreMetrics
internal import NIOCore
internal import Rooms

extension Connection {
    /// Does what the client said in one read: messages said together are posted together.
    ///
    /// Never inlined: its frame would be part of the conversation's, and so of each client that says nothing.
    @inline(never)
    func handle(_ texts: [FrameText], in room: Room) async {
        var drafts: [Draft] = []
        for text in texts {
            // What a flooder has said before it was found out counts; the rest is not worth parsing.
            guard !isFlooding, !isOut, let session else { break }
            let command: Command
            do { command = try Command.read(text) } catch {
                refuse(error)
                continue
            }
            switch command {
            case .message(let text, let id):
                if let draft = draft(text, id: id, as: session) { drafts.append(draft) }
            case .history(let before, let limit):
                // What was said before must not wait: the session may change meanwhile.
                post(exchange(&drafts, with: []), in: room)
                await showHistory(in: room, before: before, limit: limit)
            case .sessionKey:
                refuse(WireError(.unknownCommand, "the session key belongs into the first frame"))
            }
        }
        post(drafts, in: room)
    }

    private func post(_ drafts: [Draft], in room: Room) {
        // Also when the client has gone meanwhile: it said this before. But not when its session has gone or has moved.
        guard !drafts.isEmpty, !isOut else { return }
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

    private func draft(_ text: String, id: String?, as session: Session) -> Draft? {
        guard session.role != .reader else {
            refuse(WireError(.readOnly, "this session may read only", clientID: id))
            return nil
        }
        if let milliseconds = takeToken(now: NIODeadline.now().uptimeNanoseconds) {
            refuse(
                WireError(
                    .rateLimited, "too many messages: try again in \(milliseconds) ms", clientID: id,
                    retryAfterMilliseconds: milliseconds))
            return nil
        }
        return Draft(
            user: session.userName, text: text, clientID: id,
            identity: session.identity == session.userName ? nil : session.identity)
    }

    /// Takes a token of the connection and one of its session, or none: then returns the milliseconds until there is one
    /// of each.
    private func takeToken(now: UInt64) -> Int64? {
        if let own = bucket?.wait(now: now) {
            hub.metrics.rateLimited.increment()
            return max(own, sessionRate?.wait(now: now) ?? 0)
        }
        if let shared = sessionRate?.take(now: now) {
            hub.metrics.sessionRateLimited.increment()
            return shared
        }
        return bucket?.take(now: now)
    }

    private func showHistory(in room: Room, before: Int64?, limit: Int?) async {
        if let milliseconds = conduct.historyWait(now: NIODeadline.now().uptimeNanoseconds) {
            hub.metrics.historiesLimited.increment()
            return refuse(
                WireError(
                    .rateLimited, "too many requests for history: try again in \(milliseconds) ms",
                    retryAfterMilliseconds: milliseconds))
        }
        guard await isItsTurnForHistory() else { return }
        // From the read of the database until the answer is on the socket's queue. A client that reads slowly holds its
        // own queue, not its turn.
        defer { hub.historyGate.leave() }
        // A client that asks on without reading must not make the queue grow.
        guard !isFull else {
            return refuse(
                WireError(
                    .rateLimited, "read what was sent before asking for more", retryAfterMilliseconds: 1000))
        }
        do {
            let (messages, more) = try await room.history(before: before, limit: limit)
            reply(Reply.history(messages, more: more))
        } catch {
            tell(WireError(.unavailable, "the database is away: try again"))
        }
    }

    /// Waits until few enough histories of all clients are under way; false if the client is gone meanwhile, or was told
    /// to come back because too many wait.
    private func isItsTurnForHistory() async -> Bool {
        let turn = await withCheckedContinuation { client in
            guard phase == .open, departure == nil else { return client.resume(returning: TurnGate.Turn.gone) }
            historyTicket = hub.historyGate.ask(client)
        }
        historyTicket = nil
        switch turn {
        case .come where phase == .open: return true
        case .come: hub.historyGate.leave()
        case .full:
            let milliseconds = Int64.random(in: NetLimits.historyRetryMilliseconds)
            tell(
                WireError(
                    .rateLimited, "too many clients wait for history: try again in \(milliseconds) ms",
                    retryAfterMilliseconds: milliseconds))
        case .gone: break
        }
        return false
    }

    /// Refuses a frame by the client's own fault; one who goes on and on is sent away.
    private func refuse(_ error: WireError) {
        guard conduct.allowsRefusal(now: NIODeadline.now().uptimeNanoseconds) else {
            return flood("kept sending what is refused")
        }
        tell(error)
    }

    private func tell(_ error: WireError) {
        guard !isFull else { return }
        reply(Reply.error(error))
    }
}
