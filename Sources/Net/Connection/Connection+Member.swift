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
        channel.eventLoop.execute { self.assumeIsolated { $0.sessionChanged(session) } }
    }

    nonisolated func sendAgain(_ message: EncodedMessage) {
        channel.eventLoop.execute {
            self.assumeIsolated { if message.seq <= $0.feed.cursor { $0.reply(message.json) } }
        }
    }

    nonisolated func startOver() {
        channel.eventLoop.execute {
            self.assumeIsolated {
                let reason = DrainReason.restart(connections: $0.context.counts.open, loginGrace: .zero)
                $0.close(reason.code, reason: reason.text)
            }
        }
    }

    private func offer(_ broadcast: Broadcast) {
        guard state.isOpen else { return }
        let wasLive = feed.isLive
        switch feed.offered(after: broadcast.after, last: broadcast.last, socketIsFull: outbox.isFull) {
        case .write(let after): write(broadcast, after: after)
        case .fetch: loopOutlet.requestFetch(for: self)
        case .ignore: if wasLive, !feed.isLive { context.metrics.demotions.increment() }
        }
    }

    private func write(_ broadcast: Broadcast, after seq: Int64) {
        guard let first = broadcast.messages.first, first.seq > seq else {
            let rest = broadcast.messages.drop { $0.seq <= seq }
            if !rest.isEmpty { write(frames(of: rest)) }
            return
        }
        if let compression = outbox.compression {
            write(loopOutlet.assumeIsolated { $0.frames(of: broadcast, for: compression) })
        } else {
            write(loopOutlet.assumeIsolated { $0.frames(of: broadcast) })
        }
    }

    /// Performs what the feed has decided.
    func proceed(_ next: Feed.Next) {
        if next == .fetch { loopOutlet.requestFetch(for: self) }
    }

    /// Fetches and writes the page after the cursor; called by the outlet's workers.
    func fetchPage() async {
        guard let room = state.room else { return }
        do {
            let page = try await room.page(after: feed.cursor)
            guard state.isOpen else { return }
            if !page.messages.isEmpty { write(frames(of: page.messages[...])) }
            proceed(feed.received(page, socketIsFull: outbox.isFull))
        } catch {
            // A retry would be rejected again.
            if case .rejected = error { return close(.tryLater, reason: "the log of this room cannot be read") }
            feed.fetchFailed()
        }
    }

    /// Sends one JSON object.
    func reply(_ json: [UInt8]) {
        if let compression = outbox.compression {
            return write(loopOutlet.assumeIsolated { $0.deflation.frame(.text, json, for: compression) })
        }
        write(FrameWriter.frame(.text, json))
    }

    /// The frames of consecutive messages.
    func frames(of messages: ArraySlice<EncodedMessage>) -> ByteBuffer {
        guard let compression = outbox.compression else {
            return FrameWriter.messages(messages, allocator: channel.allocator)
        }
        return loopOutlet.assumeIsolated { $0.deflation.messages(messages, for: compression) }
    }
}
