/// What a moderator does to a person or a room, before it is stored.
public struct ModerationAction: Sendable, Equatable {
    /// What to do. People are named by their `user_id` or, without one, by their name.
    public enum Kind: Sendable, Equatable {
        /// Let a person write nothing for these seconds (nil: for ever; 0: let the person write again).
        case mute(person: String, seconds: Int64?)
        /// Let a person not connect for these seconds (nil: for ever; 0: let the person connect again).
        case ban(person: String, seconds: Int64?)
        /// Close the connections of a person; the person may come back.
        case kick(person: String)
        /// Let only moderators write in the room, or let all.
        case freeze(Bool)
        /// The seconds between two messages of a person; 0 for no limit.
        case slowMode(seconds: Int32)
    }

    /// What to do.
    public var kind: Kind
    /// Why, for the table of moderation.
    public var reason: String?

    /// Something to do.
    public init(_ kind: Kind, reason: String? = nil) {
        self.kind = kind
        self.reason = reason
    }

    /// The name of the command in the protocol.
    public var name: StaticString {
        switch kind {
        case .mute: "mute"
        case .ban: "ban"
        case .kick: "kick"
        case .freeze: "freeze"
        case .slowMode: "slow_mode"
        }
    }

    /// The person concerned; nil if it is the room.
    public var person: String? {
        switch kind {
        case .mute(let person, _), .ban(let person, _), .kick(let person): person
        case .freeze, .slowMode: nil
        }
    }

    /// The bytes of what the client has chosen.
    var byteCount: Int { (person?.utf8.count ?? 0) + (reason?.utf8.count ?? 0) }
}
