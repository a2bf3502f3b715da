/// Checks UTF-8 (RFC 3629 section 4) piece by piece, so that an invalid byte is found before the message is complete.
struct UTF8Check: Equatable {
    private var missing = 0
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    /// Whether the text may end here.
    var isComplete: Bool { missing == 0 }

    /// Takes the next bytes; false if they cannot continue valid UTF-8.
    mutating func accept(_ bytes: Span<UInt8>) -> Bool {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if missing > 0 {
                guard byte >= lower, byte <= upper else { return false }
                missing -= 1
                (lower, upper) = (0x80, 0xBF)
            } else if byte >= 0x80 {
                guard lead(byte) else { return false }
            }
        }
        return true
    }

    /// The ranges of the second byte exclude overlong forms, surrogates and what is above U+10FFFF.
    private mutating func lead(_ byte: UInt8) -> Bool {
        switch byte {
        case 0xC2...0xDF: missing = 1
        case 0xE0: (missing, lower) = (2, 0xA0)
        case 0xED: (missing, upper) = (2, 0x9F)
        case 0xE1...0xEF: missing = 2
        case 0xF0: (missing, lower) = (3, 0x90)
        case 0xF1...0xF3: missing = 3
        case 0xF4: (missing, upper) = (3, 0x8F)
        default: return false
        }
        return true
    }
}
