internal import Logging
internal import Rooms

/// Turns a line into bytes that end with exactly one line feed.
enum LogRendering {
    /// One JSON object: `ts`, `level`, `event`, then the fields.
    static func json(_ line: LogLine) -> [UInt8] {
        var json = JSONWriter(reserving: 192)
        json.raw(#"{"ts":""#)
        json.verbatim(line.time.iso8601)
        json.raw(#"","level":""#)
        json.verbatim(line.level.rawValue)
        json.raw(#"","event":""#)
        json.verbatim(line.event)
        json.raw("\"")
        if let message = line.message {
            json.raw(#","message":"#)
            json.lineString(message)
        }
        for field in line.fields {
            json.raw(",")
            json.lineString(field.name)
            json.raw(":")
            append(field.value, to: &json)
        }
        json.raw("}\n")
        return json.bytes
    }

    /// One line for people: time, level, event, then `name=value`; what is not a plain word is JSON.
    static func text(_ line: LogLine) -> [UInt8] {
        var text = JSONWriter(reserving: 160)
        text.verbatim(line.time.iso8601)
        text.raw(" ")
        let level = line.level.rawValue.uppercased()
        text.verbatim(level)
        text.verbatim(String(repeating: " ", count: max(1, 9 - level.utf8.count)))
        text.verbatim(line.event)
        if let message = line.message {
            text.raw(" ")
            text.lineString(message)
        }
        for field in line.fields {
            text.raw(" ")
            appendBare(field.name, to: &text)
            text.raw("=")
            switch field.value {
            case .string(let value): appendBare(value, to: &text)
            default: append(field.value, to: &text)
            }
        }
        text.raw("\n")
        return text.bytes
    }

    /// Appends a value as JSON; numbers and booleans keep their type.
    private static func append(_ value: Logger.MetadataValue, to json: inout JSONWriter) {
        switch value {
        case .string(let text): json.lineString(text)
        case .stringConvertible(let convertible): append(convertible, to: &json)
        case .array(let values):
            json.raw("[")
            for (index, value) in values.enumerated() {
                if index > 0 { json.raw(",") }
                append(value, to: &json)
            }
            json.raw("]")
        case .dictionary(let values):
            json.raw("{")
            for (index, pair) in values.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { json.raw(",") }
                json.lineString(pair.key)
                json.raw(":")
                append(pair.value, to: &json)
            }
            json.raw("}")
        }
    }

    private static func append(_ convertible: any CustomStringConvertible, to json: inout JSONWriter) {
        switch convertible {
        case let number as any BinaryInteger: json.verbatim(number.description)
        case let number as Double where number.isFinite: json.verbatim(number.description)
        // JSON cannot represent NaN and infinity.
        case is Double: json.raw("null")
        case let flag as Bool: json.verbatim(flag.description)
        default: json.lineString(convertible.description)
        }
    }

    /// Appends a word without quotes if it is unambiguous without them.
    private static func appendBare(_ text: String, to line: inout JSONWriter) {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x3D }
        if isPlain { line.verbatim(text) } else { line.lineString(text) }
    }
}
