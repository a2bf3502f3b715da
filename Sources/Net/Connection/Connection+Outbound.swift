internal import CoreMetrics
internal import NIOCore
internal import Rooms

extension Connection {
    /// Whether the socket's queue holds as much as it may.
    var isFull: Bool { queuedBytes >= hub.limits.sendQueueBytesMax }

    /// Writes frames: straight to the socket while nothing is queued, else behind what is.
    func write(_ buffer: ByteBuffer) {
        guard phase == .open else { return }
        var rest = buffer
        if queuedBytes == 0, let direct {
            direct.send(&rest)
            if rest.readableBytes == 0 { return }
        }
        enqueue(rest)
    }

    private func enqueue(_ buffer: ByteBuffer) {
        let count = buffer.readableBytes
        if queuedBytes == 0 { deadlines.progressed(now: .now()) }
        queuedBytes += count
        let written = channel.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in self.assumeIsolated { $0.written(count) } }
        channel.writeAndFlush(buffer, promise: written)
    }

    private func written(_ count: Int) {
        queuedBytes -= count
        deadlines.progressed(now: .now())
        guard phase == .open, queuedBytes <= hub.limits.sendQueueBytesMax / 2 else { return }
        proceed(feed.drained())
        guard isReadPaused || owesSession || queuedBytes == 0 && owedPong != nil else { return }
        // In a turn of its own: nothing may be written from here (see `DirectSocket`).
        channel.eventLoop.execute { self.assumeIsolated { $0.relieved() } }
    }

    /// The client has taken what was queued: does for it what had to wait.
    private func relieved() {
        if owesSession { tellSession() }
        if queuedBytes == 0, let payload = owedPong.take() { control(.pong, payload) }
        resumeReading()
    }

    /// Sends one JSON object.
    func reply(_ json: [UInt8]) {
        if let serverClass {
            return write(loopOutlet.assumeIsolated { $0.deflation.frame(.text, json, for: serverClass) })
        }
        var buffer = channel.allocator.buffer(capacity: json.count + 10)
        FrameWriter.text(json, into: &buffer)
        write(buffer)
    }

    /// The frames of consecutive messages.
    func frames(of messages: ArraySlice<EncodedMessage>) -> ByteBuffer {
        guard let serverClass else { return FrameWriter.messages(messages, allocator: channel.allocator) }
        return loopOutlet.assumeIsolated { $0.deflation.messages(messages, for: serverClass) }
    }

    /// Answers a ping: at once, or when the queue has been taken, and then only the newest (RFC 6455 section 5.5.3).
    func answer(ping payload: [UInt8]) {
        guard queuedBytes > 0 else { return control(.pong, payload) }
        if owedPong != nil { hub.metrics.pongsLeftOut.increment() }
        owedPong = payload
    }

    func control(_ opcode: FrameHeader.Opcode, _ payload: [UInt8]) {
        guard isWelcomed else { return }
        var buffer = channel.allocator.buffer(capacity: payload.count + 2)
        FrameWriter.frame(opcode, payload, into: &buffer)
        write(buffer)
    }

    /// Starts the closing handshake; the socket ends when the client answers or `closeTimeout` has passed.
    func close(_ code: CloseCode, reason: String) {
        guard phase == .open else { return }
        hub.metrics.closed(code)
        var buffer = channel.allocator.buffer(capacity: reason.utf8.count + 4)
        FrameWriter.close(code, reason: reason, into: &buffer)
        sayLast(buffer)
    }

    /// Fails the connection (RFC 6455 section 7.1.7): says why and waits for no answer, for nothing is read any more.
    func fail(_ code: CloseCode, reason: String) {
        close(code, reason: reason)
        endWhenWritten()
    }

    /// Sends a client away that goes on although it was refused. What it still sends is not even taken from the
    /// kernel; after `lingerTimeout` the socket is reset.
    func flood(_ reason: String) {
        guard phase == .open else { return }
        isFlooding = true
        fail(.flooding, reason: reason)
    }

    /// Sends a close frame, and with it the end of all that is said.
    func sayLast(_ close: ByteBuffer) {
        write(close)
        setReading(!isFlooding)
        phase = .closing
        deadlines.closing(now: .now())
        leaveQueues()
        handOver()
        inboundContinuation.finish()
        // The client's close may be in there; the rest is discarded.
        readOn()
    }

    /// Ends the server's side when everything queued has been written; the socket ends when the client ends its own or
    /// `lingerTimeout` has passed, and what still comes is discarded.
    func endWhenWritten() {
        guard queuedBytes > 0 else { return endOutput() }
        let flushed = channel.eventLoop.makePromise(of: Void.self)
        flushed.futureResult.assumeIsolated().whenComplete { _ in self.assumeIsolated { $0.endOutput() } }
        channel.writeAndFlush(ByteBuffer(), promise: flushed)
    }

    private func endOutput() {
        deadlines.lingering(now: .now())
        channel.endOutput()
        // A socket that is closed with bytes unread is reset, and the client might lose its close frame. But taking what
        // a flooder sends, only to discard it, costs others more than its farewell is worth.
        setReading(!isFlooding)
    }

    /// Takes nothing more from the client, stores and shows what it has said, then closes.
    func drain(_ departure: Departure) {
        guard phase == .upgrading || phase == .open, self.departure == nil else { return }
        if room == nil, departure.loginGrace > .zero {
            channel.eventLoop.scheduleTask(in: departure.loginGrace) {
                self.assumeIsolated { $0.drain(departure.withoutGrace) }
            }
            return
        }
        if phase == .upgrading { return channel.close(promise: nil) }
        self.departure = departure
        setReading(false)
        leaveQueues()
        if room == nil { return close(departure.code, reason: departure.reason) }
        inboundContinuation.finish()
    }

    /// Watches the deadlines; called a few times a second.
    func sweep(now: NIODeadline) {
        if queuedBytes > 0, let left = try? channel.syncOptions?.getOption(.bufferedWritableBytes) {
            deadlines.sawQueue(bytes: left, now: now)
        }
        switch deadlines.check(now: now, isUpgrading: phase == .upgrading, isQueueing: queuedBytes > 0) {
        case .none: break
        case .ping: control(.ping, [])
        case .tooLate: close(.timeout, reason: "too late")
        case .stuck: close(.tryLater, reason: "no progress in reading")
        case .abandon:
            hub.metrics.abandoned.increment()
            channel.close(promise: nil)
        }
        if phase == .open, !isFull { proceed(feed.drained()) }
    }
}
