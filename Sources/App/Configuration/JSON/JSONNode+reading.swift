internal import Rooms

extension JSONNode {
    /// The tree of a document, which must be a single value.
    ///
    /// Foundation's reader loses repeated keys, positions and the text of numbers, and each is needed to tell an
    /// operator what is wrong with a file. The caller bounds the size of the document.
    package static func read(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSONNode {
        // A byte order mark is not JSON, but editors of other systems write one.
        let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        do throws(JSONReader.Malformed) {
            try checkUTF8(bytes)
            var reader = JSONReader(bytes)
            let node = try JSONNode(from: &reader)
            try reader.readEnd()
            return node
        } catch {
            throw JSONSyntaxError(error, in: bytes)
        }
    }

    private static func checkUTF8(_ bytes: [UInt8]) throws(JSONReader.Malformed) {
        do throws(UTF8.ValidationError) { _ = try UTF8Span(validating: bytes.span) } catch {
            throw JSONReader.Malformed("bytes that are not valid UTF-8", at: error.byteOffsets.lowerBound)
        }
    }

    private init(from reader: inout JSONReader) throws(JSONReader.Malformed) {
        let first = reader.peekValue()
        position = JSONPosition(offset: reader.offset)
        switch first {
        case UInt8(ascii: "{"):
            var members: [Member] = []
            try reader.readObject { key, reader throws(JSONReader.Malformed) in
                members.append(Member(key: key, node: try JSONNode(from: &reader)))
            }
            value = .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONNode] = []
            try reader.readArray { reader throws(JSONReader.Malformed) in
                elements.append(try JSONNode(from: &reader))
            }
            value = .array(elements)
        case UInt8(ascii: "\""): value = .string(try reader.readString())
        case UInt8(ascii: "t"):
            try reader.readLiteral("true")
            value = .bool(true)
        case UInt8(ascii: "f"):
            try reader.readLiteral("false")
            value = .bool(false)
        case UInt8(ascii: "n"):
            try reader.readLiteral("null")
            value = .null
        default: value = .number(try reader.readNumberLiteral())
        }
    }
}
