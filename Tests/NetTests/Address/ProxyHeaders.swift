internal import NIOCore

/// PROXY protocol headers as a proxy sends them.
enum ProxyHeaders {
    static func text(_ fields: String) -> [UInt8] { Array("PROXY \(fields)\r\n".utf8) }

    /// A header of version 2; `length` is what it says of itself, nil for the truth.
    static func binary(
        version: UInt8 = 2, command: UInt8 = 1, family: UInt8, _ payload: [UInt8], length: UInt16? = nil
    ) -> [UInt8] {
        let length = length ?? UInt16(payload.count)
        return Array("\r\n\r\n\0\r\nQUIT\n".utf8) + [
            version << 4 | command, family, UInt8(length >> 8), UInt8(length & 0xFF),
        ]
            + payload
    }

    static let v4: [UInt8] = [203, 0, 113, 9, 10, 0, 0, 1, 0x12, 0x34, 0xDB, 0xFC]
    static let v6: [UInt8] =
        [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [9] + Array(repeating: 0, count: 16)
        + [0x12, 0x34, 0xDB, 0xFC]
    /// Two further fields: ALPN, and one of a private type.
    static let more: [UInt8] = [0x01, 0, 2, 0x68, 0x32, 0xE0, 0, 3, 1, 2, 3]
}
