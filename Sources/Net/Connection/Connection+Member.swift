internal import CoreMetrics
internal import NIOCore
internal import Rooms

extension Connection: Member {
    nonisolated var outlet: any Outlet { loopOutlet }

    nonisolated func deliver(_ broadcast: Broadcast) { assumeIsolated { $0.offer(broadcast) } }

    nonisolated func send(_ json: [UInt8]) {
        if channel.eventLoop.inEventLoop {
            assumeIsolated { $0.reply(json) }
        } else {
            channel.eventLoop.execute { self.assumeIsolated { $0.reply(json) } }
        }
    }

    nonisolated func sessionChanged(to session: Session?) {
        channel.eventLoop.execute { self.assumeIsolated { $0.adopt(session) } }
    }

    nonisolated func sendAgain(_ message: EncodedMessage) {
        channel.eventLoop.execute {
            self.assumeIsolated { if message.seq <= $0.feed.cursor { $0.reply(message.json) } }
        }
    }

    nonisolated func startOver() {
        channel.eventLoop.execute {
            self.assumeIsolated {
                let departure = Departure.restart(connections: $0.hub.connectionCount, loginGrace: .zero)
                $0.close(departure.code, reason: departure.reason)
            }
        }
    }

    private func adopt(_ session: Session?) {
        guard let session else {
            isOut = true
            guard isWelcomed else { return close(.sessionInvalid, reason: Self.badKey) }
            return close(.sessionRevoked, reason: "the session was revoked")
        }
        let before = exchange(&self.session, with: session)
        // Before the welcome, the login itself uses the changed session.
        guard isWelcomed, let room, let before else { return }
        if session.room != room.id {
            isOut = true
            return close(.restart, reason: "retry_ms=0")
        }
        let isShown =
            session.userName != before.userName || session.role != before.role || session.expiresAt != before.expiresAt
        if isShown, events.contains(.session) { tellSession() }
    }

    /// Sends the client its session: at once, or when the queue has drained, and then only the newest one.
    func tellSession() {
        owesSession = isFull
        if !owesSession, let session { reply(Reply.session(session)) }
    }

    private func offer(_ broadcast: Broadcast) {
        guard phase == .open else { return }
        let wasLive = feed.isLive
        switch feed.offered(after: broadcast.after, last: broadcast.last, socketIsFull: isFull) {
        case .write(let after): write(broadcast, after: after)
        case .fetch: loopOutlet.requestFetch(for: self)
        case .ignore: if wasLive, !feed.isLive { hub.metrics.demotions.increment() }
        }
    }

    private func write(_ broadcast: Broadcast, after seq: Int64) {
        guard let first = broadcast.messages.first, first.seq > seq else {
            let rest = broadcast.messages.drop { $0.seq <= seq }
            if !rest.isEmpty { write(frames(of: rest)) }
            return
        }
        if let serverClass {
            write(loopOutlet.assumeIsolated { $0.frames(of: broadcast, for: serverClass) })
        } else {
            write(loopOutlet.assumeIsolated { $0.frames(of: broadcast) })
        }
    }

    func proceed(_ next: Feed.Next) {
        if next == .fetch { loopOutlet.requestFetch(for: self) }
    }

    /// Fetches and writes the page after the cursor; called by the outlet's workers.
    func fetchPage() async {
        guard phase == .open, let room else { return }
        do {
            let page = try await room.page(after: feed.cursor)
            guard phase == .open else { return }
            if !page.messages.isEmpty { write(frames(of: page.messages[...])) }
            proceed(feed.received(through: page.through, head: page.head, socketIsFull: isFull))
        } catch {
            // A retry would be rejected again.
            if case .rejected = error { return close(.tryLater, reason: "the log of this room cannot be read") }
            feed.fetchFailed()
        }
    }
}
