internal import Logging
internal import Rooms

/// Turns a line into bytes that end with exactly one line feed.
enum LogRendering {
    /// One JSON object: `ts`, `level`, `event`, then the fields.
    static func json(_ line: LogLine) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(192)
        bytes.append(contentsOf: #"{"ts":""#.utf8)
        bytes.append(contentsOf: line.time.iso8601.utf8)
        bytes.append(contentsOf: #"","level":""#.utf8)
        bytes.append(contentsOf: line.level.rawValue.utf8)
        bytes.append(contentsOf: #"","event":""#.utf8)
        bytes.append(contentsOf: line.event.rawValue.utf8)
        bytes.append(UInt8(ascii: "\""))
        if let message = line.message {
            bytes.append(contentsOf: #","message":"#.utf8)
            JSONText.append(message, to: &bytes)
        }
        for field in line.fields {
            bytes.append(UInt8(ascii: ","))
            JSONText.append(field.name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            append(field.value, to: &bytes)
        }
        bytes.append(contentsOf: [UInt8(ascii: "}"), 0x0A])
        return bytes
    }

    /// One line for people: time, level, event, then `name=value`.
    static func text(_ line: LogLine) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(160)
        bytes.append(contentsOf: line.time.iso8601.utf8)
        bytes.append(UInt8(ascii: " "))
        let level = line.level.rawValue.uppercased()
        bytes.append(contentsOf: level.utf8)
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: max(1, 9 - level.utf8.count)))
        bytes.append(contentsOf: line.event.rawValue.utf8)
        if let message = line.message {
            bytes.append(UInt8(ascii: " "))
            JSONText.append(message, to: &bytes)
        }
        for field in line.fields {
            bytes.append(UInt8(ascii: " "))
            appendBare(field.name, to: &bytes)
            bytes.append(UInt8(ascii: "="))
            switch field.value {
            case .string(let text): appendBare(text, to: &bytes)
            default: append(field.value, to: &bytes)
            }
        }
        bytes.append(0x0A)
        return bytes
    }

    /// Appends a value as JSON; numbers and booleans keep their type.
    private static func append(_ value: Logger.MetadataValue, to bytes: inout [UInt8]) {
        switch value {
        case .string(let text): JSONText.append(text, to: &bytes)
        case .stringConvertible(let convertible): append(convertible, to: &bytes)
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .dictionary(let values):
            bytes.append(UInt8(ascii: "{"))
            for (index, pair) in values.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONText.append(pair.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                append(pair.value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func append(_ convertible: any CustomStringConvertible, to bytes: inout [UInt8]) {
        switch convertible {
        case let number as any BinaryInteger: bytes.append(contentsOf: number.description.utf8)
        case let number as Double where number.isFinite: bytes.append(contentsOf: number.description.utf8)
        // JSON cannot represent NaN and infinity.
        case is Double: bytes.append(contentsOf: "null".utf8)
        case let flag as Bool: bytes.append(contentsOf: flag.description.utf8)
        default: JSONText.append(convertible.description, to: &bytes)
        }
    }

    /// Appends a word without quotes if it is unambiguous without them.
    private static func appendBare(_ text: String, to bytes: inout [UInt8]) {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x3D }
        if isPlain { bytes.append(contentsOf: text.utf8) } else { JSONText.append(text, to: &bytes) }
    }
}
