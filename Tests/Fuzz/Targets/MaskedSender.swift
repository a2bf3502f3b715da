internal import NIOCore

@testable internal import Net

/// A client that keeps to the RFC: what it sends, and what must be read of it.
struct MaskedSender {
    let compression: Compression?
    let deflater: Deflater?
    let limits: FrameReader.Limits
    private(set) var bytes: [UInt8] = []
    private(set) var expected: [FrameEvent] = []
    private var mask: UInt32 = 0x9E37_79B9

    init(compression: Compression?, deflater: Deflater?, limits: FrameReader.Limits) {
        self.compression = compression
        self.deflater = deflater
        self.limits = limits
    }

    /// Whether nothing that is sent on is read.
    var hasEnded: Bool { expected.last?.isLast ?? false }

    mutating func ping(_ payload: some Collection<UInt8>) {
        frame(.ping, Array(payload))
        expected.append(.ping(Array(payload)))
    }

    mutating func close(_ code: UInt16, _ reason: String) {
        let payload = [UInt8(code >> 8), UInt8(code & 0xFF)] + reason.utf8.prefix(200)
        // A mended text may be longer than what it was made of.
        guard payload.count <= 125 else { return }
        frame(.close, payload)
        expected.append(.close(code))
    }

    mutating func message(isText: Bool, _ payload: [UInt8], fragments: Int) {
        let opcode: FrameHeader.Opcode = isText ? .text : .binary
        let deflated = compression == nil ? nil : deflater?.deflate(payload)
        let sent = deflated ?? payload
        let size = max(1, sent.count / fragments)
        var rest = sent[...]
        for fragment in 1...fragments {
            let piece = fragment == fragments ? rest : rest.prefix(size)
            rest = rest.dropFirst(piece.count)
            frame(
                fragment == 1 ? opcode : .continuation, Array(piece), isFinal: fragment == fragments,
                isCompressed: fragment == 1 && deflated != nil)
        }
        if payload.count > limits.messageBytesMax {
            expected.append(.violation(.tooBig, ""))
        } else {
            expected.append(isText ? .text(payload) : .binary(payload))
        }
    }

    /// A server's frame, turned into a client's: the mask goes between header and payload (section 5.2).
    private mutating func frame(
        _ opcode: FrameHeader.Opcode, _ payload: [UInt8], isFinal: Bool = true, isCompressed: Bool = false
    ) {
        var buffer = ByteBuffer()
        if isCompressed {
            FrameWriter.compressedFrame(opcode, payload, into: &buffer)
        } else {
            FrameWriter.frame(opcode, payload, into: &buffer)
        }
        var header = Array(buffer.readableBytesView.dropLast(payload.count))
        if !isFinal { header[0] &= 0x7F }
        header[1] |= 0x80
        mask = mask &* 1_664_525 &+ 1_013_904_223
        let key = (0..<4).map { UInt8(truncatingIfNeeded: mask >> (8 * $0)) }
        bytes += header + key
        bytes += payload.enumerated().map { $0.element ^ key[$0.offset & 3] }
    }
}
