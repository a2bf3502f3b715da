package import Rooms

extension JSONWriter {
    /// Appends a string whose content cannot end the string, start a line or control a terminal.
    ///
    /// Besides what JSON requires, it escapes DEL, the C1 controls (U+0080 to U+009F control terminals) and U+2028 and
    /// U+2029 (line ends for some readers).
    package mutating func lineString(_ text: String) {
        raw("\"")
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x7F...0x9F, 0x2028...0x2029: escaped(unit: UInt16(scalar.value))
            default: for byte in String(scalar).utf8 { escaped(byte) }
            }
        }
        raw("\"")
    }
}
