/// A JSON value, reduced to what commands need.
enum JSONValue: Equatable {
    case string(String)
    /// A number as it is written; `integer` is nil unless it is written as an integer and fits in 64 bits.
    case number(literal: String, integer: Int64?)
    case null
    /// An object; commands use only these two fields.
    indirect case object(before: JSONValue?, limit: JSONValue?)
    /// Anything else.
    case other
}

/// The known fields of a client's object; if a key is repeated, the last one counts.
struct CommandFields {
    private(set) var message: JSONValue?
    private(set) var id: JSONValue?
    private(set) var history: JSONValue?
    private(set) var sessionKey: JSONValue?
    /// Whether a field requests a command of the protocol that this server does not support.
    private(set) var isUnsupported = false

    /// Whether the session key is the only field that makes a command.
    var isKeyAlone: Bool { sessionKey != nil && message == nil && history == nil && !isUnsupported }

    init(_ bytes: [UInt8]) throws(WireError) {
        var reader = JSONReader(bytes)
        do {
            try reader.readObject { key, reader throws(JSONReader.Malformed) in
                switch key {
                case "message": message = try reader.readValue()
                case "id": id = try reader.readValue()
                case "history": history = try reader.readValue()
                case "session_key": sessionKey = try reader.readValue()
                case "edit", "delete", "typing":
                    isUnsupported = true
                    try reader.skipValue()
                default: try reader.skipValue()
                }
            }
            try reader.readEnd()
        } catch {
            throw WireError(.badJSON, "the frame is no JSON object: \(error.what) at byte \(error.offset)")
        }
    }
}
