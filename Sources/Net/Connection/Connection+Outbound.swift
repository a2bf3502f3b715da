internal import CoreMetrics
internal import NIOCore
internal import Rooms

extension Connection {
    /// Whether the socket's queue is full.
    var isFull: Bool { queuedBytes >= hub.limits.sendQueueBytesMax }

    /// Writes frames: directly to the socket while the queue is empty, else to the end of the queue.
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
        // In a later turn: a write's completion must not write (see `DirectSocket`).
        channel.eventLoop.execute { self.assumeIsolated { $0.relieved() } }
    }

    /// Sends what had to wait for the queue to drain, and resumes reading.
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

    /// Answers a ping: at once, or when the queue is empty, and then only the newest one (RFC 6455 section 5.5.3).
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

    /// Starts the closing handshake; the socket closes when the client answers or `closeTimeout` has passed.
    func close(_ code: CloseCode, reason: String) {
        guard phase == .open else { return }
        hub.metrics.closed(code)
        var buffer = channel.allocator.buffer(capacity: reason.utf8.count + 4)
        FrameWriter.close(code, reason: reason, into: &buffer)
        sayLast(buffer)
    }

    /// Fails the connection (RFC 6455 section 7.1.7): sends the reason and does not wait for an answer, because nothing
    /// more is read.
    func fail(_ code: CloseCode, reason: String) {
        close(code, reason: reason)
        endWhenWritten()
    }

    /// Closes the connection of a client that goes on after refusals. Its further bytes are not read from the kernel;
    /// after `lingerTimeout` the socket is reset.
    func flood(_ reason: String) {
        guard phase == .open else { return }
        isFlooding = true
        fail(.flooding, reason: reason)
    }

    /// Sends a close frame, the last frame of the connection.
    func sayLast(_ close: ByteBuffer) {
        write(close)
        setReading(!isFlooding)
        phase = .closing
        deadlines.closing(now: .now())
        leaveQueues()
        handOver()
        inboundContinuation.finish()
        // The kept bytes may contain the client's close frame; the rest is discarded.
        readOn()
    }

    /// Closes the server's side when the queue has been written. The socket closes when the client closes its side or
    /// `lingerTimeout` has passed; bytes that arrive meanwhile are discarded.
    func endWhenWritten() {
        guard queuedBytes > 0 else { return endOutput() }
        let flushed = channel.eventLoop.makePromise(of: Void.self)
        flushed.futureResult.assumeIsolated().whenComplete { _ in self.assumeIsolated { $0.endOutput() } }
        channel.writeAndFlush(ByteBuffer(), promise: flushed)
    }

    private func endOutput() {
        deadlines.lingering(now: .now())
        channel.endOutput()
        // Closing a socket with unread bytes resets it, and the client might lose its close frame. But reading and
        // discarding the bytes of a flooding client costs the other clients more than a lost close frame is worth.
        setReading(!isFlooding)
    }

    /// Stops reading from the client, stores and delivers the messages it has sent, then closes.
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

    /// Checks the deadlines; called a few times a second.
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
