/// A WebSocket frame as an attacker sends it (RFC 6455, section 5.2).
struct AttackFrame {
    let opcode: UInt8
    let payload: [UInt8]

    /// The code of a close frame.
    var closeCode: Int? { payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil }

    /// The bytes of a frame masked with zeros, which leaves its payload as it is.
    static func bytes(
        _ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true, isCompressed: Bool = false
    ) -> [UInt8] {
        header(opcode, claiming: UInt64(payload.count), isFinal: isFinal, isCompressed: isCompressed) + payload
    }

    /// The bytes of a text frame.
    static func text(_ text: String) -> [UInt8] { bytes(1, Array(text.utf8)) }

    /// A header that claims a length, followed by a mask of zeros.
    static func header(
        _ opcode: UInt8, claiming length: UInt64, isFinal: Bool = true, isCompressed: Bool = false
    ) -> [UInt8] {
        var bytes = [(isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode]
        if length < 126 {
            bytes.append(0x80 | UInt8(length))
        } else if length < 65_536 {
            bytes += [0xfe, UInt8(length >> 8), UInt8(length & 0xff)]
        } else {
            bytes.append(0xff)
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: length >> (56 - 8 * UInt64($0))) }
        }
        return bytes + [0, 0, 0, 0]
    }

    /// Takes the next frame of a server from the bytes; nil if it is not whole.
    static func next(in bytes: inout [UInt8]) -> AttackFrame? {
        guard bytes.count >= 2 else { return nil }
        let extended = bytes[1] == 126 ? 2 : bytes[1] == 127 ? 8 : 0
        guard bytes.count >= 2 + extended else { return nil }
        let length =
            extended == 0 ? Int(bytes[1]) : bytes[2..<2 + extended].reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count >= 2 + extended + length else { return nil }
        defer { bytes.removeFirst(2 + extended + length) }
        return AttackFrame(
            opcode: bytes[0] & 15, payload: Array(bytes[(2 + extended)..<(2 + extended + length)]))
    }
}
