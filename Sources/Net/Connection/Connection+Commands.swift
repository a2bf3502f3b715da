internal import CoreMetrics
internal import NIOCore
internal import Rooms

extension Connection {
    /// Handles the frames of one read: messages that arrive together are posted together.
    ///
    /// Never inlined: its stack frame would be part of the frame of `converse`, which every idle client has.
    @inline(never)
    func handle(_ texts: [FrameText], in room: Room) async {
        var drafts: [Draft] = []
        for text in texts {
            // Frames from before the flood was detected count; the rest is not parsed.
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
                // Earlier messages are posted first: the session may change meanwhile.
                post(exchange(&drafts, with: []), in: room)
                await showHistory(in: room, before: before, limit: limit)
            case .sessionKey:
                refuse(WireError(.unknownCommand, "the session key belongs into the first frame"))
            }
        }
        post(drafts, in: room)
    }

    private func post(_ drafts: [Draft], in room: Room) {
        // Also if the client has disconnected meanwhile: it sent this before. Not if its session has ended or moved.
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

    /// Takes a token of the connection and one of its session; if one is missing, takes none and returns the
    /// milliseconds until both are available.
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
        // The turn lasts from the database read until the reply is in the socket's queue. A client that reads slowly
        // fills its own queue; it does not keep its turn.
        defer { hub.historyGate.leave() }
        // A client that keeps asking without reading must not make the queue grow.
        guard !isFull else {
            return refuse(
                WireError(
                    .rateLimited, "read what was sent before asking for more", retryAfterMilliseconds: 1000))
        }
        do {
            let (messages, more) = try await room.history(before: before, limit: limit, cursor: feed.cursor)
            reply(Reply.history(messages, more: more))
        } catch {
            tell(WireError(.unavailable, "the database is away: try again"))
        }
    }

    /// Waits for a turn to read history; returns false if the client disconnects meanwhile, or was told to retry
    /// because the queue is full.
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

    /// Sends an error for a frame where the client is at fault; closes the connection if there are too many.
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
