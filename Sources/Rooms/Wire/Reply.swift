/// What the server sends to one client only, as JSON.
public enum Reply {
    /// The first frame: the client's identity and the state of its room.
    ///
    /// - Parameter messageBytesMax: the maximum bytes in a frame of the client; nil to omit it.
    public static func welcome(_ session: Session, _ joined: Joined, messageBytesMax: Int? = nil) -> [UInt8] {
        var json = JSONWriter(reserving: 192)
        json.raw("{\"authenticated\":true,\"user\":")
        json.string(session.userName)
        userID(of: session, into: &json)
        json.raw(",\"room\":")
        json.integer(Int64(session.room.rawValue))
        json.raw(",\"role\":")
        json.string(session.role.rawValue)
        moderation(of: session, into: &json)
        json.raw(",\"epoch\":")
        json.string(joined.epoch)
        json.raw(",\"last_seq\":")
        json.integer(joined.lastSeq)
        if let messageBytesMax {
            json.raw(",\"message_bytes_max\":")
            json.integer(Int64(messageBytesMax))
        }
        if joined.resumed {
            json.raw(",\"resumed\":true}")
        } else if let reset = joined.reset {
            json.raw(",\"resumed\":false,\"reset\":")
            json.string(reset.rawValue)
            json.raw("}")
        } else {
            json.raw(",\"resumed\":false}")
        }
        return json.bytes
    }

    /// `{"session":{"user":…,"user_id":…,"role":…}}`: the client's new user name and role, and what moderation has set.
    public static func session(_ session: Session) -> [UInt8] {
        var json = JSONWriter(reserving: 64)
        json.raw("{\"session\":{\"user\":")
        json.string(session.userName)
        userID(of: session, into: &json)
        json.raw(",\"role\":")
        json.string(session.role.rawValue)
        moderation(of: session, into: &json)
        json.raw("}}")
        return json.bytes
    }

    private static func moderation(of session: Session, into json: inout JSONWriter) {
        guard let moderation = session.moderation else { return }
        if let mute = moderation.mute {
            json.raw(",\"muted_until\":")
            self.mute(mute, into: &json)
        }
        if moderation.isFrozen { json.raw(",\"frozen\":true") }
        if moderation.slowModeSeconds > 0 {
            json.raw(",\"slow_mode\":")
            json.integer(Int64(moderation.slowModeSeconds))
        }
    }

    private static func mute(_ mute: Moderation.Mute, into json: inout JSONWriter) {
        guard case .until(let end) = mute else { return json.raw("null") }
        json.string(end.iso8601)
    }

    private static func userID(of session: Session, into json: inout JSONWriter) {
        guard let userID = session.identity.userID else { return }
        json.raw(",\"user_id\":")
        json.string(userID)
    }

    /// `{"error":{"code":…,"detail":…,"id":…}}`: what went wrong with something the client sent.
    public static func error(_ error: WireError) -> [UInt8] {
        var json = JSONWriter(reserving: 128)
        json.raw("{\"error\":{\"code\":")
        json.string(error.code.rawValue)
        json.raw(",\"detail\":")
        json.string(error.detail)
        if let mute = error.mute {
            json.raw(",\"until\":")
            self.mute(mute, into: &json)
        }
        if let milliseconds = error.retryAfterMilliseconds {
            json.raw(",\"retry_after_ms\":")
            json.integer(milliseconds)
        }
        if let id = error.clientID {
            json.raw(",\"id\":")
            json.string(id)
        }
        json.raw("}}")
        return json.bytes
    }

    /// `{"done":"mute","user":…,"id":…}`: a command is carried out that makes no event.
    static func done(_ draft: ChangeDraft) -> [UInt8] {
        var json = JSONWriter(reserving: 96)
        json.raw("{\"done\":\"")
        switch draft.action {
        case .delete: json.raw("delete")
        case .edit: json.raw("edit")
        case .react: json.raw("react")
        case .moderate(let action): json.raw(action.name)
        }
        json.raw("\"")
        if case .moderate(let action) = draft.action, let person = action.person {
            json.raw(",\"user\":")
            json.string(person)
        }
        if let id = draft.clientID {
            json.raw(",\"id\":")
            json.string(id)
        }
        json.raw("}")
        return json.bytes
    }

    /// `{"history":[…],"more":true}`: older messages, oldest first.
    public static func history(_ messages: [EncodedMessage], more: Bool) -> [UInt8] {
        var json = JSONWriter(reserving: messages.reduce(32) { $0 + $1.json.count + 1 })
        json.raw("{\"history\":[")
        for (index, message) in messages.enumerated() {
            if index > 0 { json.raw(",") }
            json.raw(message.json)
        }
        json.raw(more ? "],\"more\":true}" : "],\"more\":false}")
        return json.bytes
    }
}
