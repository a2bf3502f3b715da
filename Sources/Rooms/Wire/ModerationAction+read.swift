extension ModerationAction {
    /// The maximum number of bytes in the name or `user_id` of a person, and in a reason.
    private static let textBytesMax = 1024

    /// Reads a moderator's command: `{"mute":{"user":"…","seconds":N,"reason":"…"}}`, `ban` and `kick` alike,
    /// `{"freeze":true}`, `{"slow_mode":N}`.
    init(_ name: String, _ value: JSONValue, id: String?) throws(WireError) {
        switch (name, value) {
        case ("freeze", .bool(let isFrozen)): self.init(.freeze(isFrozen))
        case ("slow_mode", .number(_, let seconds?)) where (0...Int64(Int32.max)).contains(seconds):
            self.init(.slowMode(seconds: Int32(seconds)))
        case ("mute", .object(let fields)), ("ban", .object(let fields)), ("kick", .object(let fields)):
            let person = try Self.text(fields.user, "user", id: id)
            let seconds = try Self.seconds(fields.seconds, id: id)
            let kind: Kind =
                switch name {
                case "mute": .mute(person: person, seconds: seconds)
                case "ban": .ban(person: person, seconds: seconds)
                default: .kick(person: person)
                }
            let hasReason = fields.reason != nil && fields.reason != .null
            self.init(kind, reason: hasReason ? try Self.text(fields.reason, "reason", id: id) : nil)
        case ("freeze", _): throw WireError(.badMessage, "\"freeze\" must be true or false", clientID: id)
        case ("slow_mode", _):
            throw WireError(.badMessage, "\"slow_mode\" must be a number of seconds, 0 or more", clientID: id)
        default:
            throw WireError(.badMessage, "\"\(name)\" must be an object like {\"user\":\"…\"}", clientID: id)
        }
    }

    private static func text(_ value: JSONValue?, _ field: String, id: String?) throws(WireError) -> String {
        guard case .string(let text)? = value, (1...textBytesMax).contains(text.utf8.count), !text.utf8.contains(0)
        else {
            throw WireError(
                .badMessage, "\"\(field)\" must be a string of 1 to \(textBytesMax) bytes without NUL", clientID: id)
        }
        return text
    }

    /// The seconds of a mute or a ban, at most some ten years; nil for ever.
    private static func seconds(_ value: JSONValue?, id: String?) throws(WireError) -> Int64? {
        guard let value, value != .null else { return nil }
        guard case .number(_, let seconds?) = value, (0...Int64(Int32.max)).contains(seconds) else {
            throw WireError(
                .badMessage, "\"seconds\" must be a whole number of seconds, 0 to \(Int32.max)", clientID: id)
        }
        return seconds
    }
}
