/// A JSON value, reduced to what commands need.
enum JSONValue: Equatable {
    case string(String)
    /// A number as it is written; `integer` is nil unless it is written as an integer and fits in 64 bits.
    case number(literal: String, integer: Int64?)
    case null
    case bool(Bool)
    /// An object, with the fields that commands use.
    indirect case object(JSONFields)
    /// Anything else.
    case other
}

/// The fields of an object inside of a command.
struct JSONFields: Equatable {
    var before: JSONValue?
    var limit: JSONValue?
    var user: JSONValue?
    var seconds: JSONValue?
    var reason: JSONValue?
}

/// The known fields of a client's object; if a key is repeated, the last one counts.
struct CommandFields {
    private(set) var message: JSONValue?
    private(set) var id: JSONValue?
    private(set) var history: JSONValue?
    private(set) var sessionKey: JSONValue?
    private(set) var replyTo: JSONValue?
    private(set) var edit: JSONValue?
    private(set) var delete: JSONValue?
    private(set) var react: JSONValue?
    private(set) var emoji: JSONValue?
    private(set) var isOn: JSONValue?
    /// The command of a moderator, if the object holds one, and its value.
    private(set) var moderation: (name: String, value: JSONValue)?
    /// Whether a field requests a command of the protocol that this server does not support.
    private(set) var isUnsupported = false

    /// Whether the session key is the only field that makes a command.
    var isKeyAlone: Bool {
        sessionKey != nil && message == nil && history == nil && !isChange && !isUnsupported && moderation == nil
    }
    /// Whether it changes an earlier message.
    var isChange: Bool { edit != nil || delete != nil || react != nil }

    init(_ bytes: [UInt8]) throws(WireError) {
        var reader = JSONReader(bytes)
        do {
            try reader.readObject { key, reader throws(JSONReader.Malformed) in
                switch key {
                case "message": message = try reader.readValue()
                case "id": id = try reader.readValue()
                case "history": history = try reader.readValue()
                case "session_key": sessionKey = try reader.readValue()
                case "reply_to": replyTo = try reader.readValue()
                case "edit": edit = try reader.readValue()
                case "delete": delete = try reader.readValue()
                case "react": react = try reader.readValue()
                case "emoji": emoji = try reader.readValue()
                case "on": isOn = try reader.readValue()
                case "mute", "ban", "kick", "freeze", "slow_mode": moderation = (key, try reader.readValue())
                case "typing":
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
