/// Writes JSON strings so that no content can end the string, start a line or control a terminal.
enum JSONText {
    /// Appends `text` in quotes; quotes, backslashes and every control character are escaped.
    ///
    /// Besides what JSON requires, it escapes DEL, the C1 controls (U+0080 to U+009F control terminals) and U+2028 and
    /// U+2029 (line ends for some readers).
    static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var previous: (UInt8, UInt8) = (0, 0)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes.append(contentsOf: [0x5C, 0x22])
            case UInt8(ascii: "\\"): bytes.append(contentsOf: [0x5C, 0x5C])
            case 0x0A: bytes.append(contentsOf: [0x5C, UInt8(ascii: "n")])
            case 0x0D: bytes.append(contentsOf: [0x5C, UInt8(ascii: "r")])
            case 0x09: bytes.append(contentsOf: [0x5C, UInt8(ascii: "t")])
            case ..<0x20, 0x7F: appendEscape(UInt16(byte), to: &bytes)
            case 0x80...0x9F where previous.1 == 0xC2:
                bytes.removeLast()
                appendEscape(UInt16(byte), to: &bytes)
            case 0xA8...0xA9 where previous == (0xE2, 0x80):
                bytes.removeLast(2)
                appendEscape(0x2000 + UInt16(byte) - 0x80, to: &bytes)
            default: bytes.append(byte)
            }
            previous = (previous.1, byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func appendEscape(_ unit: UInt16, to bytes: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(contentsOf: [0x5C, UInt8(ascii: "u")])
        for shift in [12, 8, 4, 0] { bytes.append(digits[Int(unit >> UInt16(shift)) & 15]) }
    }
}
