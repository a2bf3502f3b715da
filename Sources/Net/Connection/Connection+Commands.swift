internal import CoreMetrics
internal import NIOCore
internal import Rooms

extension Connection {
    /// Handles the client's messages until its socket closes or must be closed.
    ///
    /// Every idle client has the stack frame of this function. So what it calls before and after the loop is never
    /// inlined: its variables would be part of the frame.
    func converse() async {
        guard let room = roomToConverse() else { return }
        // Most clients have sent nothing early, and a task keeps the memory that `handle` needs until it ends.
        if let early = earlyMessages() { await handle(early, in: room) }
        var inbound = inbound.makeAsyncIterator()
        while let batch = await nextBatch(&inbound) { await handle(batch, in: room) }
        await leave(room)
    }

    /// The room of a welcomed client, whose rates are limited from now on; nil if there is none.
    @inline(never)
    private func roomToConverse() -> Room? {
        guard let (room, session) = state.membership else { return nil }
        let limits = context.limitsOfNewcomers
        // The connection is counted in the shared rate of its session.
        let shared = context.sessionRates.enter(session.fingerprint, limits: limits, now: Self.now)
        rateLimits = ClientRateLimits(limits: limits, session: shared, now: Self.now)
        return room
    }

    /// The messages that arrived during the login; nil if there are none.
    @inline(never)
    private func earlyMessages() -> [TextMessage]? {
        let early = takePutBack()
        return early.isEmpty ? nil : early
    }

    @inline(never)
    private func leave(_ room: Room) async {
        // The client receives its own last messages before the connection closes.
        if state.drainReason != nil {
            await context.queue.flush(room.id)
            await loopOutlet.settle()
        }
        await room.leave(self)
        if let (_, session) = state.membership {
            context.liveSessions.leave(session, self)
            if let rate = rateLimits?.session {
                context.sessionRates.leave(session.fingerprint, rate, now: Self.now)
            }
        }
        if let reason = state.drainReason { close(reason.code, reason: reason.text) }
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
    private func handle(_ batch: [TextMessage], in room: Room) async {
        var drafts: [Draft] = []
        for message in batch {
            // Messages from before a flood was detected count; the rest is not parsed.
            guard let session = state.sender else { break }
            let command: Command
            do { command = try Command.read(message) } catch {
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
        _ text: String, id: String?, as session: Session
    ) -> Draft? {
        guard session.role != .reader else {
            refuse(WireError(.readOnly, "this session may read only", clientID: id))
            return nil
        }
        if let milliseconds = takeMessage() {
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
            let (messages, more) = try await room.history(before: before, limit: limit, cursor: feed.cursor)
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
