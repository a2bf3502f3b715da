internal import CoreMetrics
internal import NIOCore
internal import Rooms

extension Connection {
    /// Handles the client's messages until its socket closes or must be closed; runs with its event loop as preferred
    /// executor, because `AsyncStream.next` would hop to the global pool.
    ///
    /// Every idle client has the stack frame of this function. So what it calls is never inlined: its variables would
    /// be part of the frame.
    func converse() async {
        guard let room = roomToConverse() else { return }
        var inbound = inbound.makeAsyncIterator()
        if let request = handle(earlyMessages(), in: room) { await answer(request, in: room) }
        while let batch = await inbound.next() {
            if let request = handle(batch, in: room) { await answer(request, in: room) }
        }
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

    /// The messages that arrived during the login.
    @inline(never)
    private func earlyMessages() -> [TextMessage] { takePutBack() }

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

    /// A request for earlier messages, which has to wait: an object, so that the frame of `converse` holds only a
    /// reference.
    private final class HistoryRequest {
        let before: Int64?
        let limit: Int?
        /// The messages of the same read.
        let batch: [TextMessage]
        /// The index of the first message behind the request.
        let end: Int

        init(before: Int64?, limit: Int?, batch: [TextMessage], end: Int) {
            self.before = before
            self.limit = limit
            self.batch = batch
            self.end = end
        }
    }

    /// Handles the messages of one read from an index on, up to a request that has to wait, and returns that; those
    /// that arrive together are posted together.
    ///
    /// Not `async`: a task keeps the memory of its deepest async calls, and a call in a task with a preferred executor
    /// is enqueued twice.
    @inline(never)
    private func handle(_ batch: [TextMessage], from start: Int = 0, in room: Room) -> HistoryRequest? {
        var drafts: [Draft] = []
        for index in start..<batch.count {
            // Messages from before a flood was detected count; the rest is not parsed.
            guard let session = state.sender else { break }
            let command: Command
            do { command = try Command.read(batch[index]) } catch {
                refuse(error)
                continue
            }
            switch command {
            case .message(let text, let id):
                if let draft = draft(text, id: id, as: session) { drafts.append(draft) }
            case .history(let before, let limit):
                // Earlier messages are posted first: the session may change meanwhile.
                post(drafts, in: room)
                return HistoryRequest(before: before, limit: limit, batch: batch, end: index + 1)
            case .sessionKey:
                refuse(WireError(.unknownCommand, "the session key belongs into the first frame"))
            }
        }
        post(drafts, in: room)
        handled(batch)
        return nil
    }

    /// Answers a request and handles what arrived behind it.
    @inline(never)
    private func answer(_ first: HistoryRequest, in room: Room) async {
        var next: HistoryRequest? = first
        while let request = next {
            await showHistory(in: room, before: request.before, limit: request.limit)
            next = handle(request.batch, from: request.end, in: room)
        }
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
        guard session.mayWrite else {
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
        return Draft(text, clientID: id, of: session)
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
            // The room encodes history outside the event loops; this task prefers one.
            let (messages, more) = try await withTaskExecutorPreference(globalConcurrentExecutor) {
                try await room.history(before: before, limit: limit, cursor: cursor)
            }
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
