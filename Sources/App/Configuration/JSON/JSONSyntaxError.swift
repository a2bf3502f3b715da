internal import Rooms

/// Why a text is not JSON, and where: line and column, both from 1; columns count bytes.
package struct JSONSyntaxError: Error, Equatable {
    package let line: Int
    package let column: Int
    package let text: String

    /// Adds the place, and what stands there, to a reader's error.
    init(_ error: JSONReader.Malformed, in bytes: [UInt8]) {
        let before = bytes[..<error.offset]
        let newline = UInt8(ascii: "\n")
        line = before.count { $0 == newline } + 1
        column = error.offset - (before.lastIndex(of: newline).map { $0 + 1 } ?? 0) + 1
        guard error.what.hasPrefix("expected") else {
            text = error.what
            return
        }
        text = "\(error.what), found \(Self.name(bytes.dropFirst(error.offset).first))"
    }

    private static func name(_ byte: UInt8?) -> String {
        guard let byte else { return "the end of the file" }
        guard (0x21..<0x7F).contains(byte) else { return "a byte 0x" + String(byte, radix: 16) }
        return "\"\(Character(Unicode.Scalar(byte)))\""
    }
}
