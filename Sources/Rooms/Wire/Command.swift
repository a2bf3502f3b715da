/// A command that a client may send in one text frame.
public enum Command: Sendable, Equatable {
    /// Send a message to the room, perhaps as a reply to an earlier one; the id makes it idempotent.
    case message(text: String, id: String?, replyTo: Int64? = nil)
    /// Change an earlier message; the id makes it idempotent.
    case change(target: Int64, ChangeDraft.Action, id: String?)
    /// Moderate a person or the room; the id is returned in the answer.
    case moderate(ModerationAction, id: String?)
    /// Request older messages: before this number (nil: the newest), at most this many (nil: the configured number).
    case history(before: Int64?, limit: Int?)
    /// Present only the session key.
    case sessionKey(String)

    /// The maximum number of characters (Unicode scalars) in a client's id.
    public static let idCharactersMax = 64
    /// The maximum number of bytes in the emoji of a reaction.
    public static let emojiBytesMax = 64

    /// Reads one JSON object. Unknown fields are ignored. A session key beside a message is ignored too, because
    /// nodejschat's page sends one with each message.
    ///
    /// - Parameter bytes: the payload of a text frame, valid UTF-8.
    public static func read(_ bytes: [UInt8]) throws(WireError) -> Command {
        let fields = try CommandFields(bytes)
        if fields.isKeyAlone, let key = fields.sessionKey {
            guard case .string(let key) = key else {
                throw WireError(.badMessage, "\"session_key\" must be a string")
            }
            return .sessionKey(key)
        }
        let id = try Self.id(fields.id)
        if fields.isChange { return try change(fields, id: id) }
        if let (name, value) = fields.moderation {
            return .moderate(try ModerationAction(name, value, id: id), id: id)
        }
        if let message = fields.message, !fields.isUnsupported {
            return .message(text: try text(message, id: id), id: id, replyTo: try replyTo(fields.replyTo, id: id))
        }
        if let history = fields.history {
            guard case .object(let fields) = history else {
                throw WireError(.badMessage, "\"history\" must be an object like {\"before\":120,\"limit\":50}")
            }
            return .history(
                before: try fields.before.map { (before) throws(WireError) in
                    try number(before, of: "before", id: nil)
                },
                limit: try fields.limit.map(count))
        }
        throw WireError(
            .unknownCommand,
            "expected {\"message\":\"…\"}, {\"edit\":SEQ,\"message\":\"…\"}, {\"delete\":SEQ}, "
                + "{\"react\":SEQ,\"emoji\":\"…\"} or {\"history\":{\"before\":SEQ,\"limit\":N}}",
            clientID: id)
    }

    private static func change(_ fields: CommandFields, id: String?) throws(WireError) -> Command {
        if let edit = fields.edit {
            let target = try number(edit, of: "edit", id: id)
            return .change(target: target, .edit(text: try text(fields.message ?? .null, id: id)), id: id)
        } else if let delete = fields.delete {
            return .change(target: try number(delete, of: "delete", id: id), .delete, id: id)
        }
        let target = try number(fields.react ?? .null, of: "react", id: id)
        guard case .string(let emoji)? = fields.emoji, (1...emojiBytesMax).contains(emoji.utf8.count),
            !emoji.utf8.contains(0)
        else {
            throw WireError(.badMessage, "\"emoji\" must be a string of 1 to 64 bytes without NUL", clientID: id)
        }
        switch fields.isOn {
        case nil: return .change(target: target, .react(emoji: emoji, isOn: true), id: id)
        case .bool(let isOn): return .change(target: target, .react(emoji: emoji, isOn: isOn), id: id)
        default: throw WireError(.badMessage, "\"on\" must be true or false", clientID: id)
        }
    }

    private static func replyTo(_ value: JSONValue?, id: String?) throws(WireError) -> Int64? {
        guard let value, value != .null else { return nil }
        return try number(value, of: "reply_to", id: id)
    }

    /// Reads the session key of a client's first frame, whatever other fields the frame has; nil if there is none.
    ///
    /// - Returns: the key, and whether the frame holds more: then it is also a command, to be read after the login.
    public static func sessionKey(in bytes: [UInt8]) -> (key: String, saysMore: Bool)? {
        guard let fields = try? CommandFields(bytes), case .string(let key)? = fields.sessionKey else { return nil }
        return (key, !fields.isKeyAlone)
    }

    /// The text of a message; a number becomes its literal text, as nodejschat's test client expects.
    private static func text(_ value: JSONValue, id: String?) throws(WireError) -> String {
        let text: String
        switch value {
        case .string(let string): text = string
        case .number(let literal, _): text = literal
        default: throw WireError(.badMessage, "\"message\" is neither a string nor a number", clientID: id)
        }
        guard !text.isEmpty else { throw WireError(.badMessage, "\"message\" is empty", clientID: id) }
        guard !text.utf8.contains(0) else {
            throw WireError(.badMessage, "\"message\" holds a NUL character, which cannot be stored", clientID: id)
        }
        return text
    }

    private static func id(_ value: JSONValue?) throws(WireError) -> String? {
        guard let value, value != .null else { return nil }
        guard case .string(let id) = value, !id.isEmpty, !id.utf8.contains(0) else {
            throw WireError(.badMessage, "\"id\" must be a string of 1 to 64 characters without NUL")
        }
        guard id.unicodeScalars.count <= idCharactersMax else {
            throw WireError(.tooLong, "\"id\" is longer than 64 characters")
        }
        return id
    }

    private static func number(_ value: JSONValue, of field: String, id: String?) throws(WireError) -> Int64 {
        guard case .number(_, let number?) = value, number >= 1 else {
            throw WireError(.badMessage, "\"\(field)\" must be a message number, 1 or more", clientID: id)
        }
        return number
    }

    private static func count(_ value: JSONValue) throws(WireError) -> Int {
        guard case .number(_, let number?) = value, number >= 1, number <= Int64(Int32.max) else {
            throw WireError(.badMessage, "\"limit\" must be a number of messages, 1 or more")
        }
        return Int(number)
    }
}
