// Where Foundation's reader of JSON is known to differ from RFC 8259.

/// Whether a comma stands before a closing bracket, as far as bytes tell: Foundation's reader lets it pass.
func hasTrailingComma(_ bytes: [UInt8]) -> Bool {
    var follows = false
    for byte in bytes {
        switch byte {
        case UInt8(ascii: ","): follows = true
        case UInt8(ascii: "]"), UInt8(ascii: "}"): if follows { return true }
        case 0x20, 0x09, 0x0A, 0x0D: break
        default: follows = false
        }
    }
    return false
}

/// Whether there may be a number: Foundation refuses those that it cannot represent.
func hasDigit(_ bytes: [UInt8]) -> Bool {
    bytes.contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
}
