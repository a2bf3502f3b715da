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
            self.assumeIsolated {
                if $0.feed.hasPassed(message) || !message.isVisible(in: $0.view) { $0.reply(message.json) }
            }
        }
    }

    nonisolated func acknowledge(_ change: EncodedMessage) {
        channel.eventLoop.execute {
            self.assumeIsolated { if !change.isVisible(in: $0.view) { $0.reply(change.json) } }
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
        let broadcast = broadcast.seen(in: view)
        switch feed.offered(broadcast, socketIsFull: outbox.isFull) {
        case .ignore: break
        case .writeAll: write(frames(of: broadcast))
        case .write(let messages): write(frames(of: messages))
        case .fetch: loopOutlet.requestFetch(for: self)
        case .demote: context.metrics.demotions.increment()
        }
    }

    /// Performs what the feed has decided.
    func proceed(_ next: Feed.Next) {
        switch next {
        case .rest: break
        case .fetch: loopOutlet.requestFetch(for: self)
        case .write(let messages):
            if !messages.isEmpty { write(frames(of: messages)) }
            proceed(feed.wrote(socketIsFull: outbox.isFull))
        case .close: close(.tryLater, reason: "the log of this room cannot be read")
        }
    }

    /// Fetches and writes the page after the cursor; called by the outlet's workers.
    func fetchPage() async {
        guard let room = state.room else { return }
        do {
            let page = try await room.page(after: feed.cursor, view: view)
            proceed(feed.fetched(page))
        } catch {
            proceed(feed.fetchFailed(error))
        }
    }

    /// Sends one JSON object.
    func reply(_ json: [UInt8]) {
        if let compression = outbox.compression {
            return write(loopOutlet.assumeIsolated { $0.deflation.frame(.text, json, for: compression) })
        }
        write(FrameWriter.frame(.text, json))
    }

    /// The frames of a broadcast, shared with other connections of the loop.
    private func frames(of broadcast: Broadcast) -> ByteBuffer {
        if let compression = outbox.compression {
            return loopOutlet.assumeIsolated { $0.frames(of: broadcast, for: compression) }
        }
        return loopOutlet.assumeIsolated { $0.frames(of: broadcast) }
    }

    /// The frames of consecutive messages.
    func frames(of messages: ArraySlice<EncodedMessage>) -> ByteBuffer {
        guard let compression = outbox.compression else {
            return FrameWriter.messages(messages, allocator: channel.allocator)
        }
        return loopOutlet.assumeIsolated { $0.deflation.messages(messages, for: compression) }
    }
}
