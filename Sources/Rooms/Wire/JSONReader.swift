/// Reads JSON (RFC 8259) strictly from bytes that are valid UTF-8.
///
/// It replaces Foundation's reader because every message is read here: one pass over the bytes, no allocation except
/// for strings that are kept, and a bounded depth. Skipped values are checked as strictly as kept ones.
package struct JSONReader {
    /// Where and why the bytes are not JSON.
    package struct Malformed: Error {
        /// What is wrong; begins with `expected` if another byte must stand at `offset`.
        package let what: String
        /// From 0; the number of bytes if they end too early.
        package let offset: Int

        package init(_ what: String, at offset: Int) {
            self.what = what
            self.offset = offset
        }
    }

    /// The maximum nesting depth of objects and arrays.
    static let depthMax = 32

    private let bytes: [UInt8]
    /// How many bytes have been read.
    package private(set) var offset = 0
    private var depth = 0

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The first byte of the next value, which shows its type; nil at the end. Skips white space.
    package mutating func peekValue() -> UInt8? {
        skipSpace()
        return peek()
    }

    /// Reads an object; calls `field` with each key, and `field` must consume its value.
    package mutating func readObject(
        _ field: (String, inout JSONReader) throws(Malformed) -> Void
    ) throws(Malformed) {
        try enter(UInt8(ascii: "{"), "expected an object")
        if consume(UInt8(ascii: "}")) { return depth -= 1 }
        repeat {
            skipSpace()
            let key = try readString()
            skipSpace()
            try expect(UInt8(ascii: ":"), "expected ':'")
            try field(key, &self)
            skipSpace()
        } while consume(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"), "expected ',' or '}'")
        depth -= 1
    }

    /// Reads an array; calls `element` before each element, and `element` must consume it.
    package mutating func readArray(
        _ element: (inout JSONReader) throws(Malformed) -> Void
    ) throws(Malformed) {
        try enter(UInt8(ascii: "["), "expected an array")
        if consume(UInt8(ascii: "]")) { return depth -= 1 }
        repeat {
            try element(&self)
            skipSpace()
        } while consume(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"), "expected ',' or ']'")
        depth -= 1
    }

    /// Checks that only white space follows.
    package mutating func readEnd() throws(Malformed) {
        skipSpace()
        guard offset == bytes.count else { throw malformed("text after the value") }
    }

    mutating func readValue() throws(Malformed) -> JSONValue {
        skipSpace()
        switch peek() {
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "{"):
            var fields = JSONFields()
            try readObject { key, reader throws(Malformed) in
                switch key {
                case "before": fields.before = try reader.readValue()
                case "limit": fields.limit = try reader.readValue()
                case "user": fields.user = try reader.readValue()
                case "seconds": fields.seconds = try reader.readValue()
                case "reason": fields.reason = try reader.readValue()
                default: try reader.skipValue()
                }
            }
            return .object(fields)
        case UInt8(ascii: "["):
            try skipArray()
            return .other
        case UInt8(ascii: "n"):
            try readLiteral("null")
            return .null
        case UInt8(ascii: "t"):
            try readLiteral("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try readLiteral("false")
            return .bool(false)
        default:
            let (literal, integer) = try readNumber()
            return .number(literal: text(literal), integer: integer)
        }
    }

    mutating func skipValue() throws(Malformed) {
        skipSpace()
        switch peek() {
        case UInt8(ascii: "\""): _ = try readString()
        case UInt8(ascii: "{"): try readObject { _, reader throws(Malformed) in try reader.skipValue() }
        case UInt8(ascii: "["): try skipArray()
        case UInt8(ascii: "n"), UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try readValue()
        default: _ = try readNumber()
        }
    }

    private mutating func skipArray() throws(Malformed) {
        try readArray { reader throws(Malformed) in try reader.skipValue() }
    }

    private mutating func enter(_ bracket: UInt8, _ what: String) throws(Malformed) {
        skipSpace()
        guard depth < Self.depthMax else { throw malformed("nested deeper than \(Self.depthMax)") }
        depth += 1
        try expect(bracket, what)
        skipSpace()
    }

    private func peek() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func consume(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        offset += 1
        return true
    }

    private mutating func expect(_ byte: UInt8, _ what: String) throws(Malformed) {
        guard consume(byte) else { throw malformed(what) }
    }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private func malformed(_ what: String) -> Malformed { Malformed(what, at: offset) }

    /// Reads exactly this word: `true`, `false` or `null`.
    package mutating func readLiteral(_ word: String) throws(Malformed) {
        for byte in word.utf8 { try expect(byte, "expected a value") }
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}

extension JSONReader {
    /// Reads a number as it is written.
    package mutating func readNumberLiteral() throws(Malformed) -> String { text(try readNumber().literal) }

    /// A number (RFC 8259 section 6): the range of its literal, and its value if it is written as an integer and fits
    /// in 64 bits.
    private mutating func readNumber() throws(Malformed) -> (literal: Range<Int>, integer: Int64?) {
        let start = offset
        let isNegative = consume(UInt8(ascii: "-"))
        var value: Int64? = 0
        let digits = try readDigits(orElse: "expected a value") { digit in
            let (scaled, overflow1) = (value ?? 0).multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = scaled.addingReportingOverflow(Int64(digit))
            value = value == nil || overflow1 || overflow2 ? nil : sum
        }
        let first = bytes[isNegative ? start + 1 : start]
        guard digits == 1 || first != UInt8(ascii: "0") else { throw malformed("a number starts with 0") }
        var isInteger = true
        if consume(UInt8(ascii: ".")) {
            isInteger = false
            _ = try readDigits(orElse: "expected a digit") { _ in }
        }
        if consume(UInt8(ascii: "e")) || consume(UInt8(ascii: "E")) {
            isInteger = false
            if !consume(UInt8(ascii: "+")) { _ = consume(UInt8(ascii: "-")) }
            _ = try readDigits(orElse: "expected a digit") { _ in }
        }
        return (start..<offset, isInteger ? value.map { isNegative ? -$0 : $0 } : nil)
    }

    private mutating func readDigits(orElse what: String, _ each: (UInt8) -> Void) throws(Malformed) -> Int {
        var count = 0
        while let byte = peek(), byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            each(byte - UInt8(ascii: "0"))
            count += 1
            offset += 1
        }
        guard count > 0 else { throw malformed(what) }
        return count
    }

    /// Reads a string, without its escapes.
    package mutating func readString() throws(Malformed) -> String {
        try expect(UInt8(ascii: "\""), "expected a string")
        let start = offset
        while let byte = peek() {
            if byte == UInt8(ascii: "\"") {
                defer { offset += 1 }
                return text(start..<offset)
            }
            if byte == UInt8(ascii: "\\") { return try readEscapedString(from: start) }
            guard byte >= 0x20 else { throw malformed("a control character in a string") }
            offset += 1
        }
        throw Malformed("a string that does not end", at: start - 1)
    }

    private mutating func readEscapedString(from start: Int) throws(Malformed) -> String {
        var text = Array(bytes[start..<offset])
        while let byte = peek() {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try readEscape(into: &text)
            case 0..<0x20: throw malformed("a control character in a string")
            default: text.append(byte)
            }
        }
        throw Malformed("a string that does not end", at: start - 1)
    }

    private mutating func readEscape(into text: inout [UInt8]) throws(Malformed) {
        guard let byte = peek() else { throw malformed("a string that does not end") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: try readScalar().utf8)
        default: throw malformed("unknown escape")
        }
    }

    /// The character of `XXXX` after `\u`, with its low surrogate if it is a high surrogate (RFC 8259 section 7).
    private mutating func readScalar() throws(Malformed) -> Character {
        let unit = try readHex4()
        if let scalar = Unicode.Scalar(UInt32(unit)) { return Character(scalar) }
        guard unit < 0xDC00, consume(UInt8(ascii: "\\")), consume(UInt8(ascii: "u")) else {
            throw malformed("a lone surrogate")
        }
        let low = try readHex4()
        guard low >= 0xDC00, low < 0xE000,
            let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00))
        else { throw malformed("a lone surrogate") }
        return Character(scalar)
    }

    private mutating func readHex4() throws(Malformed) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw malformed("expected four hexadecimal digits")
            }
            value = value << 4 | UInt16(digit)
            offset += 1
        }
        return value
    }
}
