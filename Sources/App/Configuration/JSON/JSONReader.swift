/// Reads RFC 8259 JSON into a tree that keeps repeated keys, positions and the text of numbers.
///
/// Foundation's reader loses all three, and each is needed to tell an operator what is wrong with a file. Nesting is
/// bounded by `depthMax`; the caller bounds the size of the text.
struct JSONReader {
    /// How deep arrays and objects may nest.
    static let depthMax = 16

    private let bytes: [UInt8]
    private var offset = 0
    private var line = 1
    private var lineStart = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The tree of a document, which must be a single value.
    static func read(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSONNode {
        var reader = JSONReader(bytes)
        // A byte order mark is not JSON, but editors of other systems write one.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.offset = 3 }
        reader.skipSpace()
        let node = try reader.readValue(depth: 0)
        reader.skipSpace()
        if reader.peek() != nil { throw reader.error("unexpected \(reader.nextName()) after the end of the document") }
        return node
    }

    private mutating func readValue(depth: Int) throws(JSONSyntaxError) -> JSONNode {
        let position = position()
        guard depth <= Self.depthMax else { throw error("nested deeper than \(Self.depthMax) levels") }
        switch peek() {
        case UInt8(ascii: "{"): return JSONNode(value: .object(try readMembers(depth: depth)), position: position)
        case UInt8(ascii: "["): return JSONNode(value: .array(try readElements(depth: depth)), position: position)
        case UInt8(ascii: "\""): return JSONNode(value: .string(try readString()), position: position)
        case UInt8(ascii: "-"), (UInt8(ascii: "0")...UInt8(ascii: "9"))?:
            return JSONNode(value: .number(try readNumber()), position: position)
        case UInt8(ascii: "t"): return JSONNode(value: try readWord("true", .bool(true)), position: position)
        case UInt8(ascii: "f"): return JSONNode(value: try readWord("false", .bool(false)), position: position)
        case UInt8(ascii: "n"): return JSONNode(value: try readWord("null", .null), position: position)
        default: throw error("expected a value, found \(nextName())")
        }
    }

    private mutating func readMembers(depth: Int) throws(JSONSyntaxError) -> [JSONNode.Member] {
        var members: [JSONNode.Member] = []
        advance()
        skipSpace()
        if take(UInt8(ascii: "}")) { return members }
        while true {
            let keyPosition = position()
            guard peek() == UInt8(ascii: "\"") else { throw error("expected a key in quotes, found \(nextName())") }
            let key = try readString()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw error("expected \":\" after the key, found \(nextName())") }
            skipSpace()
            members.append(.init(key: key, keyPosition: keyPosition, node: try readValue(depth: depth + 1)))
            skipSpace()
            if take(UInt8(ascii: "}")) { return members }
            guard take(UInt8(ascii: ",")) else { throw error("expected \",\" or \"}\", found \(nextName())") }
            skipSpace()
        }
    }

    private mutating func readElements(depth: Int) throws(JSONSyntaxError) -> [JSONNode] {
        var elements: [JSONNode] = []
        advance()
        skipSpace()
        if take(UInt8(ascii: "]")) { return elements }
        while true {
            elements.append(try readValue(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: "]")) { return elements }
            guard take(UInt8(ascii: ",")) else { throw error("expected \",\" or \"]\", found \(nextName())") }
            skipSpace()
        }
    }

    private mutating func readWord(
        _ word: StaticString, _ value: JSONNode.Value
    ) throws(JSONSyntaxError) -> JSONNode.Value {
        let text = "\(word)"
        guard bytes[offset...].starts(with: text.utf8) else { throw error("expected a value, found \(nextName())") }
        offset += text.utf8.count
        return value
    }

    private mutating func readNumber() throws(JSONSyntaxError) -> String {
        let start = offset
        _ = take(UInt8(ascii: "-"))
        let leadingZero = peek() == UInt8(ascii: "0")
        let whole = skipDigits()
        guard whole > 0 else { throw error("expected a digit, found \(nextName())") }
        guard !leadingZero || whole == 1 else { throw error("a number must not begin with a zero") }
        if take(UInt8(ascii: ".")) {
            guard skipDigits() > 0 else { throw error("expected a digit after \".\", found \(nextName())") }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard skipDigits() > 0 else { throw error("expected a digit in the exponent, found \(nextName())") }
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func skipDigits() -> Int {
        let start = offset
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
        return offset - start
    }

    private mutating func readString() throws(JSONSyntaxError) -> String {
        var content: [UInt8] = []
        let start = position()
        advance()
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\""):
                advance()
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw JSONSyntaxError(position: start, text: "a string that is not valid UTF-8")
                }
                return text
            case UInt8(ascii: "\\"):
                content.append(contentsOf: Array(String(try readEscape()).utf8))
            case ..<0x20:
                throw error("a control character in a string; is a closing quote missing?")
            default:
                content.append(byte)
                advance()
            }
        }
        throw JSONSyntaxError(position: start, text: "a string without its closing quote")
    }

    private mutating func readEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
        advance()
        let letter = peek()
        advance()
        switch letter {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try readUnicodeEscape()
        default: throw error("an unknown escape in a string")
        }
    }

    private mutating func readUnicodeEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
        let first = try readHex()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw error("half of a surrogate pair in a string")
        }
        let second = try readHex()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) * 0x400 + (second - 0xDC00))
        else { throw error("half of a surrogate pair in a string") }
        return scalar
    }

    private mutating func readHex() throws(JSONSyntaxError) -> UInt32 {
        let digits = bytes[offset...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw error("expected four hexadecimal digits after \\u") }
        offset += 4
        return value
    }

    private mutating func skipSpace() {
        while let byte = peek() {
            switch byte {
            case 0x20, 0x09, 0x0D: advance()
            case 0x0A:
                advance()
                line += 1
                lineStart = offset
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        advance()
        return true
    }

    private mutating func advance() { if offset < bytes.count { offset += 1 } }

    private func peek() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private func position() -> JSONPosition { JSONPosition(line: line, column: offset - lineStart + 1) }

    private func error(_ text: String) -> JSONSyntaxError { JSONSyntaxError(position: position(), text: text) }

    private func nextName() -> String {
        guard let byte = peek() else { return "the end of the file" }
        guard (0x21..<0x7F).contains(byte) else { return "a byte 0x" + String(byte, radix: 16) }
        return "\"\(Character(Unicode.Scalar(byte)))\""
    }
}
