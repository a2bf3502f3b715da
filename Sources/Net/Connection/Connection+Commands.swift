internal import CoreMetrics
internal import NIOCore
internal import Rooms

extension Connection {
    /// Handles the client's messages until its socket closes or must be closed.
    func converse() async {
        guard let (room, session) = state.membership else { return }
        var limits = rateLimits(of: session)
        await handle(takePutBack(), in: room, &limits)
        var inbound = inbound.makeAsyncIterator()
        while let batch = await nextBatch(&inbound) { await handle(batch, in: room, &limits) }
        // The client receives its own last messages before the connection closes.
        if state.drainReason != nil {
            await hub.queue.flush(room.id)
            await loopOutlet.settle()
        }
        await room.leave(self)
        hub.liveSessions.leave(session, self)
        if let rate = limits.session { hub.sessionRates.leave(session.fingerprint, rate, now: Self.now) }
        if let reason = state.drainReason { close(reason.code, reason: reason.text) }
    }

    /// The limits of a client; its connection is counted in the shared rate of its session.
    private func rateLimits(of session: Session) -> ClientRateLimits {
        let limits = hub.limitsOfNewcomers
        let shared = hub.sessionRates.enter(session.fingerprint, limits: limits, now: Self.now)
        return ClientRateLimits(limits: limits, session: shared, now: Self.now)
    }

    /// Nanoseconds of a monotonic clock.
    private static var now: UInt64 { NIODeadline.now().uptimeNanoseconds }

    /// The next element of the stream.
    ///
    /// `AsyncStream.next` is nonisolated: without the preference each element costs two hops to the global pool and
    /// their thread wake-ups, a fifth of the server's CPU under load. The preference ends with the call, because a task
    /// that keeps one is re-enqueued at every call between actors, even of one executor.
    func nextBatch(_ inbound: inout AsyncStream<[TextMessage]>.AsyncIterator) async -> [TextMessage]? {
        await withTaskExecutorPreference(loopOutlet.taskExecutor) { await inbound.next() }
    }

    /// Handles the messages of one read; those that arrive together are posted together.
    ///
    /// Never inlined: its stack frame would be part of the frame of `converse`, which every idle client has.
    @inline(never)
    private func handle(_ batch: [TextMessage], in room: Room, _ limits: inout ClientRateLimits) async {
        var drafts: [Draft] = []
        for message in batch {
            // Messages from before a flood was detected count; the rest is not parsed.
            guard let session = state.sender else { break }
            let command: Command
            do { command = try Command.read(message) } catch {
                refuse(error, &limits)
                continue
            }
            switch command {
            case .message(let text, let id):
                if let draft = draft(text, id: id, as: session, &limits) { drafts.append(draft) }
            case .history(let before, let limit):
                // Earlier messages are posted first: the session may change meanwhile.
                post(exchange(&drafts, with: []), in: room)
                await showHistory(in: room, before: before, limit: limit, &limits)
            case .sessionKey:
                refuse(WireError(.unknownCommand, "the session key belongs into the first frame"), &limits)
            }
        }
        post(drafts, in: room)
        handled(batch)
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

    private func draft(
        _ text: String, id: String?, as session: Session, _ limits: inout ClientRateLimits
    ) -> Draft? {
        guard session.role != .reader else {
            refuse(WireError(.readOnly, "this session may read only", clientID: id), &limits)
            return nil
        }
        if let milliseconds = takeMessage(&limits) {
            refuse(
                WireError(
                    .rateLimited, "too many messages: try again in \(milliseconds) ms", clientID: id,
                    retryAfterMilliseconds: milliseconds), &limits)
            return nil
        }
        return Draft(
            user: session.userName, text: text, clientID: id,
            identity: session.identity == session.userName ? nil : session.identity)
    }

    /// Returns nil if one more message is allowed, else the milliseconds until it is.
    private func takeMessage(_ limits: inout ClientRateLimits) -> Int64? {
        switch limits.takeMessage(now: Self.now) {
        case nil: return nil
        case .connection(let milliseconds):
            hub.metrics.rateLimited.increment()
            return milliseconds
        case .session(let milliseconds):
            hub.metrics.sessionRateLimited.increment()
            return milliseconds
        }
    }

    private func showHistory(
        in room: Room, before: Int64?, limit: Int?, _ limits: inout ClientRateLimits
    ) async {
        if let milliseconds = limits.takeHistory(now: Self.now) {
            hub.metrics.historiesLimited.increment()
            return refuse(
                WireError(
                    .rateLimited, "too many requests for history: try again in \(milliseconds) ms",
                    retryAfterMilliseconds: milliseconds), &limits)
        }
        guard await isItsTurnForHistory() else { return }
        // The turn lasts from the database read until the reply is in the socket's queue. A client that reads slowly
        // fills its own queue; it does not keep its turn.
        defer { hub.historyGate.leave() }
        // A client that keeps asking without reading must not make the queue grow.
        guard !outbox.isFull else {
            return refuse(
                WireError(.rateLimited, "read what was sent before asking for more", retryAfterMilliseconds: 1000),
                &limits)
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
        switch await turn(at: hub.historyGate) {
        case .admitted where state.isOpen: return true
        case .admitted: hub.historyGate.leave()
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
    private func refuse(_ error: WireError, _ limits: inout ClientRateLimits) {
        guard limits.allowsRefusal(now: Self.now) else { return flooded("kept sending what is refused") }
        tell(error)
    }

    private func tell(_ error: WireError) {
        guard !outbox.isFull else { return }
        reply(Reply.error(error))
    }
}
