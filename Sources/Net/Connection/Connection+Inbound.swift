internal import CoreMetrics
internal import NIOCore

/// The payload of one text message.
typealias FrameText = [UInt8]

/// The number and the bytes of waiting messages.
struct InboundCost: Equatable {
    var messages = 0
    var bytes = 0

    mutating func add(_ text: FrameText) {
        messages += 1
        bytes += text.count
    }

    static func + (lhs: InboundCost, rhs: InboundCost) -> InboundCost {
        InboundCost(messages: lhs.messages + rhs.messages, bytes: lhs.bytes + rhs.bytes)
    }
}

extension Connection {
    /// Takes bytes from the socket.
    func received(_ bytes: ByteBuffer) {
        guard phase != .closed, !isFlooding else { return }
        deadlines.heard(now: .now())
        var bytes = bytes
        if unread != nil {
            unread?.writeBuffer(&bytes)
        } else {
            read(bytes)
        }
    }

    /// Parses bytes until the limit of waiting bytes is reached; keeps the rest. Without compression there is no rest:
    /// one read of the socket is less than the limit.
    private func read(_ bytes: ByteBuffer) {
        var bytes = bytes
        reader.read(&bytes) { event in
            switch event {
            case .text(let text):
                guard phase == .open else { break }
                arrived.append(text)
                arrivedCost.add(text)
            case .binary: close(.unsupportedData, reason: "text frames only")
            case .ping(let payload): if allowsControl() { answer(ping: payload) }
            case .pong: _ = allowsControl()
            case .close(let code): peerClosed(code)
            case .violation(let code, let reason): fail(code, reason: reason)
            }
            return arrivedCost.bytes < hub.limits.inboundBytesMax && !isFlooding
        }
        if bytes.readableBytes > 0, !isFlooding { unread = bytes }
    }

    private func allowsControl() -> Bool {
        guard phase == .open else { return false }
        if conduct.allowsControl(now: NIODeadline.now().uptimeNanoseconds) { return true }
        flood("too many pings and pongs")
        return false
    }

    /// Parses the kept bytes. (Bytes that are still kept when the socket closes are lost: they were not acknowledged.)
    func readOn() {
        guard let bytes = unread.take(), !isFlooding else { return }
        read(bytes)
        readCompleted()
    }

    /// Makes one element of the stream from all messages of one read, so that they stay together.
    func readCompleted() {
        handOver()
        guard isTooMuchWaiting, phase == .open else { return }
        hub.metrics.readPauses.increment()
        setReading(false)
    }

    /// Whether too many inbound messages or bytes wait, or the send queue is full.
    private var isTooMuchWaiting: Bool {
        untaken.messages >= hub.limits.inboundMessagesMax || untaken.bytes >= hub.limits.inboundBytesMax || isFull
    }

    /// Yields the messages read so far to the inbound stream; also called before the stream ends.
    func handOver() {
        guard !arrived.isEmpty else { return }
        let texts = arrived
        arrived = []
        untaken = untaken + arrivedCost
        arrivedCost = InboundCost()
        if case .dropped = inboundContinuation.yield(texts) {
            close(.internalError, reason: "the inbound stream overflowed")
        }
    }

    /// Marks an element of the stream as handled.
    func taken(_ texts: [FrameText]) {
        for text in texts {
            untaken.messages -= 1
            untaken.bytes -= text.count
        }
        resumeReading()
    }

    /// Resumes reading after a pause, if little is queued in both directions.
    func resumeReading() {
        guard isReadPaused, phase == .open, departure == nil, untaken.messages < hub.limits.inboundMessagesMax / 2,
            untaken.bytes < hub.limits.inboundBytesMax / 2, queuedBytes <= hub.limits.sendQueueBytesMax / 2
        else { return }
        readOn()
        if !isTooMuchWaiting { setReading(true) }
    }

    func setReading(_ isReading: Bool) {
        guard phase == .open || phase == .closing, isReadPaused == isReading else { return }
        isReadPaused = !isReading
        try? channel.syncOptions?.setOption(.autoRead, value: isReading)
    }

    /// Starts the WebSocket after a successful upgrade.
    func upgraded(_ request: UpgradeRequest, isPlain: Bool) {
        phase = .open
        self.request = request
        events = request.events
        if let compression = request.compression {
            reader = FrameReader(limits: FrameReader.Limits(hub.limits), compression: compression)
            serverClass = compression.serverClass
        }
        // A direct write would overtake bytes of the response that are still queued.
        let queued = try? channel.syncOptions?.getOption(.bufferedWritableBytes)
        if isPlain, queued == 0 { direct = DirectSocket(channel) }
    }

    /// Cleans up after the socket was closed.
    func disconnected() {
        if phase != .upgrading { hub.connectionEnded() }
        place.leave(hub.addresses)
        phase = .closed
        leaveQueues()
        direct = nil
        unread = nil
        loopOutlet.assumeIsolated { $0.remove(self) }
        inboundContinuation.finish()
    }

    private func peerClosed(_ code: UInt16?) {
        if phase == .open {
            var buffer = channel.allocator.buffer(capacity: 4)
            FrameWriter.frame(.close, code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? [], into: &buffer)
            sayLast(buffer)
        }
        endWhenWritten()
    }
}
