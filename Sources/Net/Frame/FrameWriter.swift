internal import NIOCore
internal import Rooms

/// Writes the server's frames (RFC 6455 section 5.2: unmasked, unfragmented).
enum FrameWriter {
    /// Appends a text frame.
    static func text(_ payload: [UInt8], into buffer: inout ByteBuffer) {
        header(.text, length: payload.count, into: &buffer)
        buffer.writeBytes(payload)
    }

    /// Appends a data or control frame; control payloads have at most 125 bytes.
    static func frame(_ opcode: FrameHeader.Opcode, _ payload: [UInt8], into buffer: inout ByteBuffer) {
        header(opcode, length: payload.count, into: &buffer)
        buffer.writeBytes(payload)
    }

    /// Appends a compressed message (RFC 7692 section 6).
    static func compressedFrame(_ opcode: FrameHeader.Opcode, _ payload: [UInt8], into buffer: inout ByteBuffer) {
        header(opcode, isCompressed: true, length: payload.count, into: &buffer)
        buffer.writeBytes(payload)
    }

    /// A data or control frame of its own buffer.
    static func frame(_ opcode: FrameHeader.Opcode, _ payload: [UInt8]) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: payload.count + 10)
        frame(opcode, payload, into: &buffer)
        return buffer
    }

    /// A close frame; the reason is cut at 123 bytes.
    static func close(_ code: CloseCode, reason: String) -> ByteBuffer {
        var reason = Array(reason.utf8.prefix(124))
        // Cut between characters: remove the continuation bytes of the one that does not fit, and its first byte.
        if reason.count > 123 {
            while let last = reason.popLast(), last & 0xC0 == 0x80 {}
        }
        return frame(.close, [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)] + reason)
    }

    /// The close frame that answers the peer's (RFC 6455 section 5.5.1).
    ///
    /// - Parameter code: of the peer's close frame; nil if it has none.
    static func close(echoing code: UInt16?) -> ByteBuffer {
        frame(.close, code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? [])
    }

    /// The frames of consecutive messages in one buffer: one write per socket.
    static func messages(_ messages: ArraySlice<EncodedMessage>, allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: messages.reduce(0) { $0 + $1.json.count + 10 })
        for message in messages { text(message.json, into: &buffer) }
        return buffer
    }

    private static func header(
        _ opcode: FrameHeader.Opcode, isCompressed: Bool = false, length: Int, into buffer: inout ByteBuffer
    ) {
        buffer.writeInteger((isCompressed ? 0xC0 : 0x80) | opcode.rawValue)
        if length < 126 {
            buffer.writeInteger(UInt8(length))
        } else if length <= 0xFFFF {
            buffer.writeInteger(UInt8(126))
            buffer.writeInteger(UInt16(length))
        } else {
            buffer.writeInteger(UInt8(127))
            buffer.writeInteger(UInt64(length))
        }
    }
}
