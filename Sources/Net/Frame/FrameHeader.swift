/// The header of a client's frame (RFC 6455 section 5.2), parsed byte by byte and checked as early as possible.
struct FrameHeader {
    enum Opcode: UInt8 {
        case continuation = 0x0
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA

        var isControl: Bool { rawValue & 0x8 != 0 }
    }

    /// The state after the bytes so far.
    enum Progress: Equatable {
        case incomplete
        case complete(Frame)
        case violation(String)
    }

    struct Frame: Equatable {
        let opcode: Opcode
        let isFinal: Bool
        /// RSV1, on the first frame of a message (RFC 7692 section 6).
        let isCompressed: Bool
        let length: UInt64
        /// The mask's bytes, the first one in the lowest bits.
        let mask: UInt32
    }

    private let allowsCompression: Bool
    private var bytes: [14 of UInt8] = .init(repeating: 0)
    private var count = 0

    init(allowsCompression: Bool) { self.allowsCompression = allowsCompression }

    /// Takes the next byte of the header.
    mutating func accept(_ byte: UInt8) -> Progress {
        bytes[count] = byte
        count += 1
        if count == 1 { return checkFirst() }
        if count == 2, let reason = violationOfSecond() { return .violation(reason) }
        guard count == size else { return .incomplete }
        return complete()
    }

    private var shortLength: UInt8 { bytes[1] & 0x7F }
    private var extendedBytes: Int { shortLength == 126 ? 2 : shortLength == 127 ? 8 : 0 }
    private var size: Int { 2 + extendedBytes + 4 }

    private func checkFirst() -> Progress {
        if bytes[0] & 0x70 != 0, !isCompressed { return .violation("reserved bits are set") }
        guard let opcode = Opcode(rawValue: bytes[0] & 0x0F) else { return .violation("reserved opcode") }
        if opcode.isControl, bytes[0] & 0x80 == 0 { return .violation("fragmented control frame") }
        return .incomplete
    }

    /// RSV1 alone, on a text or binary frame.
    private var isCompressed: Bool {
        allowsCompression && bytes[0] & 0x70 == 0x40 && (bytes[0] & 0x0F == 0x1 || bytes[0] & 0x0F == 0x2)
    }

    private func violationOfSecond() -> String? {
        if bytes[1] & 0x80 == 0 { return "frame is not masked" }
        if bytes[0] & 0x08 != 0, shortLength > 125 { return "control frame over 125 bytes" }
        return nil
    }

    private func complete() -> Progress {
        guard let opcode = Opcode(rawValue: bytes[0] & 0x0F) else { return .violation("reserved opcode") }
        var length = UInt64(shortLength)
        if extendedBytes > 0 {
            length = 0
            for index in 2..<2 + extendedBytes { length = length << 8 | UInt64(bytes[index]) }
            let isMinimal = extendedBytes == 2 ? length > 125 : length > 0xFFFF
            guard isMinimal, length >> 63 == 0 else { return .violation("length is not minimally encoded") }
        }
        var mask: UInt32 = 0
        for index in 0..<4 { mask |= UInt32(bytes[size - 4 + index]) << UInt32(8 * index) }
        return .complete(
            Frame(
                opcode: opcode, isFinal: bytes[0] & 0x80 != 0, isCompressed: isCompressed, length: length, mask: mask))
    }
}
