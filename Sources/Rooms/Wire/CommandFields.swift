/// A JSON value, as far as commands need it.
enum JSONValue: Equatable {
    case string(String)
    /// A number as it is written; `integer` is nil unless it is written as one and fits 64 bits.
    case number(literal: String, integer: Int64?)
    case null
    /// An object, of which only these two fields matter to any command.
    indirect case object(before: JSONValue?, limit: JSONValue?)
    /// Anything else.
    case other
}

/// The known fields of a client's object; the last one of a doubled key counts.
struct CommandFields {
    private(set) var message: JSONValue?
    private(set) var id: JSONValue?
    private(set) var history: JSONValue?
    private(set) var sessionKey: JSONValue?
    /// Whether a field asks for a command of the protocol that this server does not offer yet.
    private(set) var isUnsupported = false

    /// Whether nothing but the session key is there that a command is made of.
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
