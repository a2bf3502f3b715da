internal import NIOCore

/// Turns the bytes of a client into messages and control frames, strictly after RFC 6455: a value without a socket.
///
/// Payload is unmasked and checked as it comes, so an invalid byte or an oversize claim ends the connection before the
/// frame is whole, and memory is only ever taken for bytes that have arrived.
struct FrameReader {
    struct Limits: Equatable {
        /// Bytes of one message, over all its fragments.
        var messageBytesMax: Int
        /// Fragments of one message, empty ones too.
        var fragmentsMax: Int
    }

    private struct Payload {
        let frame: FrameHeader.Frame
        var remaining: Int
        var mask: UInt32
    }

    private let limits: Limits
    private var header = FrameHeader()
    private var payload: Payload?
    private var control: [UInt8] = []
    private var message: [UInt8] = []
    private var messageOpcode: FrameHeader.Opcode?
    private var fragments = 0
    private var utf8 = UTF8Check()
    private var isDone = false

    init(limits: Limits) { self.limits = limits }

    /// Consumes all of the buffer and hands over what it amounts to, in order. After a close or a violation the rest of
    /// the stream is consumed unread.
    mutating func read(_ buffer: inout ByteBuffer, _ emit: (FrameEvent) -> Void) {
        while buffer.readableBytes > 0, !isDone {
            if payload == nil {
                guard let byte: UInt8 = buffer.readInteger() else { break }
                switch header.accept(byte) {
                case .incomplete: continue
                case .violation(let reason): finish(.violation(.protocolError, reason), emit)
                case .complete(let frame):
                    header = FrameHeader()
                    begin(frame, emit)
                }
            } else {
                take(&buffer, emit)
            }
            if let payload, payload.remaining == 0, !isDone { end(payload.frame, emit) }
        }
        if isDone { buffer.moveReaderIndex(to: buffer.writerIndex) }
    }

    private mutating func finish(_ event: FrameEvent, _ emit: (FrameEvent) -> Void) {
        isDone = true
        message = []
        emit(event)
    }

    private mutating func begin(_ frame: FrameHeader.Frame, _ emit: (FrameEvent) -> Void) {
        if frame.opcode.isControl {
            control.removeAll(keepingCapacity: true)
        } else if let violation = beginData(frame) {
            return finish(violation, emit)
        }
        payload = Payload(frame: frame, remaining: Int(frame.length), mask: frame.mask)
    }

    private mutating func beginData(_ frame: FrameHeader.Frame) -> FrameEvent? {
        if frame.opcode == .continuation {
            guard messageOpcode != nil else { return .violation(.protocolError, "continuation of no message") }
        } else {
            guard messageOpcode == nil else { return .violation(.protocolError, "a message inside a message") }
            messageOpcode = frame.opcode
            fragments = 0
            utf8 = UTF8Check()
        }
        fragments += 1
        guard fragments <= limits.fragmentsMax else { return .violation(.tooBig, "too many fragments") }
        guard frame.length <= UInt64(limits.messageBytesMax - message.count) else {
            return .violation(.tooBig, "message over \(limits.messageBytesMax) bytes")
        }
        return nil
    }

    private mutating func take(_ buffer: inout ByteBuffer, _ emit: (FrameEvent) -> Void) {
        guard var payload, let chunk = buffer.readSlice(length: min(payload.remaining, buffer.readableBytes)) else {
            return
        }
        let isControl = payload.frame.opcode.isControl
        if isControl {
            Self.unmask(chunk, &payload.mask, into: &control)
        } else {
            let start = message.count
            Self.unmask(chunk, &payload.mask, into: &message)
            if messageOpcode == .text, !checkText(from: start) {
                return finish(.violation(.invalidText, "text is not UTF-8"), emit)
            }
        }
        payload.remaining -= chunk.readableBytes
        self.payload = payload
    }

    private mutating func checkText(from start: Int) -> Bool {
        var check = utf8
        defer { utf8 = check }
        return check.accept(message.span.extracting(start..<message.count))
    }

    private mutating func end(_ frame: FrameHeader.Frame, _ emit: (FrameEvent) -> Void) {
        payload = nil
        switch frame.opcode {
        case .ping: emit(.ping(control))
        case .pong: emit(.pong)
        case .close: finish(closeEvent(), emit)
        case .continuation, .text, .binary:
            guard frame.isFinal else { return }
            let isText = messageOpcode == .text
            guard !isText || utf8.isComplete else {
                return finish(.violation(.invalidText, "text is not UTF-8"), emit)
            }
            let whole = message
            message = []
            messageOpcode = nil
            emit(isText ? .text(whole) : .binary(whole))
        }
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

    /// Appends the unmasked bytes and turns the mask to where the next chunk goes on (RFC 6455 section 5.3).
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
