@testable internal import Net

/// RFC 6455 section 5 read once more, slowly: whole frames in an array, no state between bytes, no compression.
enum ReferenceFrames {
    private enum Verdict: Error { case violation(CloseCode, String) }

    private struct Frame {
        var opcode: UInt8
        var isFinal: Bool
        var claimed: UInt64
        /// What has arrived of the payload, unmasked.
        var payload: [UInt8]
        var isWhole: Bool { UInt64(payload.count) == claimed }
    }

    /// The events of a stream that has arrived so far.
    static func events(_ bytes: [UInt8], _ limits: FrameReader.Limits) -> [FrameEvent] {
        var events: [FrameEvent] = []
        var message: (isText: Bool, bytes: [UInt8], fragments: Int)?
        var rest = bytes[...]
        do throws(Verdict) {
            while let frame = try takeFrame(&rest) {
                if frame.opcode >= 8 {
                    guard frame.isWhole else { break }
                    events.append(try control(frame))
                    if frame.opcode == 8 { break }
                    continue
                }
                guard (frame.opcode == 0) == (message != nil) else {
                    let reason = frame.opcode == 0 ? "continuation of no message" : "a message inside a message"
                    throw .violation(.protocolError, reason)
                }
                var whole = message ?? (frame.opcode == 1, [], 0)
                whole.fragments += 1
                guard whole.fragments <= limits.fragmentsMax else { throw .violation(.tooBig, "too many fragments") }
                guard UInt64(whole.bytes.count) + frame.claimed <= UInt64(limits.messageBytesMax) else {
                    throw .violation(.tooBig, "message over \(limits.messageBytesMax) bytes")
                }
                whole.bytes += frame.payload
                let ends = frame.isFinal && frame.isWhole
                if whole.isText, ends ? !isText(whole.bytes) : !mayBecomeText(whole.bytes) {
                    throw .violation(.invalidText, "text is not UTF-8")
                }
                message = whole
                if ends {
                    events.append(whole.isText ? .text(whole.bytes) : .binary(whole.bytes))
                    message = nil
                }
            }
        } catch {
            switch error {
            case .violation(let code, let reason): events.append(.violation(code, reason))
            }
        }
        return events
    }

    /// The next frame, as far as it has arrived; nil before its payload.
    private static func takeFrame(_ rest: inout ArraySlice<UInt8>) throws(Verdict) -> Frame? {
        let bytes = Array(rest)
        guard let first = bytes.first else { return nil }
        let opcode = first & 0x0F
        guard first & 0x70 == 0 else { throw .violation(.protocolError, "reserved bits are set") }
        guard [0, 1, 2, 8, 9, 10].contains(opcode) else { throw .violation(.protocolError, "reserved opcode") }
        guard opcode < 8 || first & 0x80 != 0 else { throw .violation(.protocolError, "fragmented control frame") }
        guard bytes.count > 1 else { return nil }
        guard bytes[1] & 0x80 != 0 else { throw .violation(.protocolError, "frame is not masked") }
        let short = bytes[1] & 0x7F
        guard opcode < 8 || short <= 125 else { throw .violation(.protocolError, "control frame over 125 bytes") }
        let extended = short == 126 ? 2 : short == 127 ? 8 : 0
        guard bytes.count >= 2 + extended + 4 else { return nil }
        let length = bytes[2..<2 + extended].reduce(UInt64(extended == 0 ? short : 0)) { $0 << 8 | UInt64($1) }
        guard extended == 0 || (length > (extended == 2 ? 125 : 0xFFFF) && length <= UInt64(Int64.max)) else {
            throw .violation(.protocolError, "length is not minimally encoded")
        }
        let mask = Array(bytes[2 + extended..<6 + extended])
        let payload = bytes[(6 + extended)...].prefix(Int(min(length, UInt64(bytes.count))))
        rest = rest.dropFirst(6 + extended + payload.count)
        let clear = payload.enumerated().map { $0.element ^ mask[$0.offset % 4] }
        return Frame(opcode: opcode, isFinal: first & 0x80 != 0, claimed: length, payload: clear)
    }

    private static func control(_ frame: Frame) throws(Verdict) -> FrameEvent {
        if frame.opcode == 9 { return .ping(frame.payload) }
        if frame.opcode == 10 { return .pong }
        guard frame.payload.count != 1 else { throw .violation(.protocolError, "close frame of one byte") }
        guard frame.payload.count > 1 else { return .close(nil) }
        let code = UInt16(frame.payload[0]) * 256 + UInt16(frame.payload[1])
        guard code >= 1000, code < 5000, code >= 3000 || (code <= 1014 && ![1004, 1005, 1006].contains(code)) else {
            throw .violation(.protocolError, "close code \(code)")
        }
        guard isText(Array(frame.payload[2...])) else { throw .violation(.invalidText, "close reason is not UTF-8") }
        return .close(code)
    }

    private static func isText(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }

    /// Whether there is any text that begins with these bytes: some completion of the last character is valid.
    private static func mayBecomeText(_ bytes: [UInt8]) -> Bool {
        if isText(bytes) { return true }
        let seconds: [UInt8] = [0x80, 0x90, 0xA0]
        let completions = seconds.map { [$0] } + seconds.map { [$0, 0x80] } + seconds.map { [$0, 0x80, 0x80] }
        return completions.contains { isText(bytes + $0) }
    }
}
