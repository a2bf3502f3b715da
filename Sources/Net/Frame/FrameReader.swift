internal import NIOCore

/// Parses the bytes of a client into messages and control frames, strictly by RFC 6455: a value without a socket.
///
/// Payload is unmasked and checked as it arrives. So an invalid byte or an oversize length ends the connection before
/// the frame is complete, and memory is allocated only for bytes that have arrived.
struct FrameReader {
    struct Limits: Equatable {
        /// Bytes of one message, over all its fragments.
        var messageBytesMax: Int
        /// Fragments of one message, including empty ones.
        var fragmentsMax: Int

        init(messageBytesMax: Int, fragmentsMax: Int) {
            self.messageBytesMax = messageBytesMax
            self.fragmentsMax = fragmentsMax
        }

        init(_ limits: NetLimits) {
            self.init(messageBytesMax: limits.messageBytesMax, fragmentsMax: limits.fragmentsMax)
        }
    }

    private struct Payload {
        let frame: FrameHeader.Frame
        var remaining: Int
        var mask: UInt32
    }

    private let limits: Limits
    /// nil if the client may not compress. Copies of a reader share this object, so a reader is moved, never copied.
    private let inflation: MessageInflation?
    private var header: FrameHeader
    private var payload: Payload?
    private var control: [UInt8] = []
    private var message: [UInt8] = []
    private var messageOpcode: FrameHeader.Opcode?
    private var fragments = 0
    private var utf8 = UTF8Check()
    private var isDone = false

    init(limits: Limits, compression: Compression? = nil) {
        self.limits = limits
        self.inflation = compression.map {
            MessageInflation(messageBytesMax: limits.messageBytesMax, keepsContext: $0.clientKeepsContext)
        }
        self.header = FrameHeader(allowsCompression: inflation != nil)
    }

    /// The next event; nil when the buffer is used up. After a close or a violation the rest of the stream is discarded.
    ///
    /// One event at a time, because decompressed messages may be a thousand times as large as the bytes that have
    /// arrived: the caller can leave the rest in the buffer for later.
    mutating func next(_ buffer: inout ByteBuffer) -> FrameEvent? {
        if !isDone, let event = parse(&buffer) { return event }
        buffer.moveReaderIndex(to: buffer.writerIndex)
        return nil
    }

    private mutating func parse(_ buffer: inout ByteBuffer) -> FrameEvent? {
        while buffer.readableBytes > 0 {
            var event: FrameEvent?
            if payload == nil {
                guard let byte: UInt8 = buffer.readInteger() else { break }
                switch header.accept(byte) {
                case .incomplete: continue
                case .violation(let reason): event = fail(.protocolError, reason)
                case .complete(let frame):
                    header = FrameHeader(allowsCompression: inflation != nil)
                    event = begin(frame)
                }
            } else {
                event = take(&buffer)
            }
            if let payload, payload.remaining == 0, !isDone { event = end(payload.frame) }
            if let event { return event }
        }
        return nil
    }

    private mutating func fail(_ code: CloseCode, _ reason: String) -> FrameEvent {
        isDone = true
        message = []
        return .violation(code, reason)
    }

    private mutating func begin(_ frame: FrameHeader.Frame) -> FrameEvent? {
        if frame.opcode.isControl {
            control.removeAll(keepingCapacity: true)
        } else if let violation = beginData(frame) {
            return violation
        }
        payload = Payload(frame: frame, remaining: Int(frame.length), mask: frame.mask)
        return nil
    }

    private mutating func beginData(_ frame: FrameHeader.Frame) -> FrameEvent? {
        if frame.opcode == .continuation {
            guard messageOpcode != nil else { return fail(.protocolError, "continuation of no message") }
        } else {
            guard messageOpcode == nil else { return fail(.protocolError, "a message inside a message") }
            messageOpcode = frame.opcode
            fragments = 0
            utf8 = UTF8Check()
            inflation?.begin(isCompressed: frame.isCompressed)
        }
        fragments += 1
        guard fragments <= limits.fragmentsMax else { return fail(.tooBig, "too many fragments") }
        let fits =
            if let inflation, inflation.isUnderWay { inflation.accepts(frame.length) } else {
                frame.length <= UInt64(limits.messageBytesMax - message.count)
            }
        return fits ? nil : tooBig()
    }

    private mutating func tooBig() -> FrameEvent { fail(.tooBig, "message over \(limits.messageBytesMax) bytes") }

    private mutating func take(_ buffer: inout ByteBuffer) -> FrameEvent? {
        guard var payload, let chunk = buffer.readSlice(length: min(payload.remaining, buffer.readableBytes)) else {
            return nil
        }
        let start = message.count
        if payload.frame.opcode.isControl {
            Self.unmask(chunk, &payload.mask, into: &control)
        } else if let inflation, inflation.isUnderWay {
            var compressed: [UInt8] = []
            Self.unmask(chunk, &payload.mask, into: &compressed)
            if let violation = checkInflated(inflation.inflate(compressed, into: &message)) { return violation }
        } else {
            Self.unmask(chunk, &payload.mask, into: &message)
        }
        payload.remaining -= chunk.readableBytes
        self.payload = payload
        return checkText(from: start)
    }

    private mutating func checkInflated(_ outcome: Inflater.Outcome) -> FrameEvent? {
        switch outcome {
        case .done: nil
        case .tooBig: tooBig()
        case .invalid: fail(.invalidText, "compressed data cannot be inflated")
        }
    }

    private mutating func checkText(from start: Int) -> FrameEvent? {
        guard messageOpcode == .text, start < message.count else { return nil }
        var check = utf8
        let isGood = check.accept(message.span.extracting(start..<message.count))
        utf8 = check
        return isGood ? nil : fail(.invalidText, "text is not UTF-8")
    }

    private mutating func end(_ frame: FrameHeader.Frame) -> FrameEvent? {
        payload = nil
        switch frame.opcode {
        case .ping: return .ping(control)
        case .pong: return .pong
        case .close:
            isDone = true
            message = []
            return closeEvent()
        case .continuation, .text, .binary: return frame.isFinal ? endMessage() : nil
        }
    }

    private mutating func endMessage() -> FrameEvent {
        if let inflation, inflation.isUnderWay {
            let start = message.count
            if let violation = checkInflated(inflation.finish(into: &message)) ?? checkText(from: start) {
                return violation
            }
        }
        let isText = messageOpcode == .text
        guard !isText || utf8.isComplete else { return fail(.invalidText, "text is not UTF-8") }
        let whole = message
        message = []
        messageOpcode = nil
        return isText ? .text(whole) : .binary(whole)
    }

    private func closeEvent() -> FrameEvent {
        guard !control.isEmpty else { return .close(nil) }
        guard control.count >= 2 else { return .violation(.protocolError, "close frame of one byte") }
        let code = UInt16(control[0]) << 8 | UInt16(control[1])
        guard CloseCode.isValidFromPeer(code) else { return .violation(.protocolError, "close code \(code)") }
        var check = UTF8Check()
        guard check.accept(control.span.extracting(2..<control.count)), check.isComplete else {
            return .violation(.invalidText, "close reason is not UTF-8")
        }
        return .close(code)
    }

    /// Appends the unmasked bytes and rotates the mask for the next chunk (RFC 6455 section 5.3).
    private static func unmask(_ chunk: ByteBuffer, _ mask: inout UInt32, into bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: chunk.readableBytesView)
        var span = bytes.mutableSpan
        var index = start
        while index + 8 <= span.count {
            var word: UInt64 = 0
            for offset in 0..<8 { word |= UInt64(span[index + offset]) << UInt64(8 * offset) }
            word ^= UInt64(mask) << 32 | UInt64(mask)
            for offset in 0..<8 { span[index + offset] = UInt8(truncatingIfNeeded: word >> UInt64(8 * offset)) }
            index += 8
        }
        var shift: UInt32 = 0
        while index < span.count {
            span[index] ^= UInt8(truncatingIfNeeded: mask >> shift)
            shift = (shift + 8) & 31
            index += 1
        }
        let turned = UInt32((chunk.readableBytes & 3) * 8)
        mask = turned == 0 ? mask : mask >> turned | mask << (32 - turned)
    }
}
