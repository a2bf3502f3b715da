extension EncodedMessage {
    /// The wire form of a stored message: `{"seq":124,"time":"…Z","user":"…","user_id":"…","message":"…","id":"…"}`, with
    /// `reply_to` and what later changes made of it; of a deleted one `"deleted":true` instead of the text.
    public init(_ message: StoredMessage) {
        guard message.replyTo != nil || message.changes != nil else {
            self.init(
                seq: message.seq, time: message.time.iso8601Bytes, user: message.user, text: message.text,
                clientID: message.clientID, userID: message.userID)
            return
        }
        var json = JSONWriter(reserving: 160 + message.user.utf8.count + message.text.utf8.count)
        json.beginRow(
            seq: message.seq, time: message.time.iso8601Bytes, user: message.user, userID: message.userID)
        if message.isDeleted {
            json.raw(",\"deleted\":true")
        } else {
            json.raw(",\"message\":")
            json.string(message.text)
        }
        json.id(message.clientID)
        json.number("reply_to", message.replyTo)
        json.number("edited_seq", message.isDeleted ? nil : message.changes?.editedSeq)
        json.number("changed_seq", message.changes?.changedSeq)
        if let reactions = message.changes?.reactions, !reactions.isEmpty, !message.isDeleted {
            json.reactions(reactions)
        }
        json.raw("}")
        self.init(seq: message.seq, json: json.bytes, kind: message.isDeleted ? .tombstone : .message)
    }

    /// The wire form of a message that nothing has changed, with the time already encoded, because a batch shares it.
    package init(
        seq: Int64, time: [UInt8], user: String, text: String, clientID: String?, userID: String?, replyTo: Int64? = nil
    ) {
        var json = JSONWriter(reserving: 96 + user.utf8.count + text.utf8.count + (clientID?.utf8.count ?? 0))
        json.beginRow(seq: seq, time: time, user: user, userID: userID)
        json.raw(",\"message\":")
        json.string(text)
        json.id(clientID)
        json.number("reply_to", replyTo)
        json.raw("}")
        self.init(seq: seq, json: json.bytes)
    }

    /// The wire form of a change: `{"seq":131,"time":"…Z","user":"…","id":"…","edited":124,"message":"…"}`, or with
    /// `"deleted":124`, or with `"reacted":124,"emoji":"…","on":true`.
    ///
    /// A reaction has `count` and `users` of its emoji after the change, because a client may not know all names.
    public init(_ change: StoredChange) {
        var json = JSONWriter(reserving: 160)
        json.beginRow(
            seq: change.seq, time: change.time.iso8601Bytes, user: change.user, userID: change.userID)
        json.id(change.clientID)
        switch change.kind {
        case .deleted: json.number("deleted", change.target)
        case .edited(let text):
            json.number("edited", change.target)
            // The last field: `withoutText` relies on it.
            json.raw(Self.textField)
            json.string(text)
        case .reacted(let emoji, let isOn, let all):
            json.number("reacted", change.target)
            json.raw(",\"emoji\":")
            json.string(emoji)
            json.raw(isOn ? ",\"on\":true" : ",\"on\":false")
            json.people(all)
        }
        json.raw("}")
        self.init(seq: change.seq, json: json.bytes, kind: .change)
    }

    /// An edit after a later change has removed its text.
    var withoutText: EncodedMessage {
        // Inside of a string its quotation marks would be escaped.
        guard kind == .change, let text = json.firstRange(of: Self.textField) else { return self }
        var edit = self
        edit.json.replaceSubrange(text.upperBound..., with: Array("\"\"}".utf8))
        return edit
    }

    private static let textField = Array(",\"message\":".utf8)
}

extension StoredMessage {
    /// Whether the message is deleted.
    var isDeleted: Bool { changes?.isDeleted == true }
}

extension JSONWriter {
    fileprivate mutating func beginRow(seq: Int64, time: [UInt8], user: String?, userID: String?) {
        raw("{\"seq\":")
        integer(seq)
        raw(",\"time\":\"")
        raw(time)
        raw("\",\"user\":")
        if let user { string(user) } else { raw("null") }
        if let userID {
            raw(",\"user_id\":")
            string(userID)
        }
    }

    fileprivate mutating func id(_ clientID: String?) {
        guard let clientID else { return }
        raw(",\"id\":")
        string(clientID)
    }

    fileprivate mutating func number(_ name: StaticString, _ value: Int64?) {
        guard let value else { return }
        raw(",\"")
        raw(name)
        raw("\":")
        integer(value)
    }

    fileprivate mutating func reactions(_ reactions: [Reaction]) {
        raw(",\"reactions\":{")
        for (index, reaction) in reactions.enumerated() {
            if index > 0 { raw(",") }
            string(reaction.emoji)
            raw(":{\"count\":")
            integer(Int64(reaction.count))
            names(reaction.users)
            raw("}")
        }
        raw("}")
    }

    fileprivate mutating func people(_ reaction: Reaction?) {
        raw(",\"count\":")
        integer(Int64(reaction?.count ?? 0))
        names(reaction?.users ?? [])
    }

    private mutating func names(_ users: [String]) {
        raw(",\"users\":[")
        for (index, user) in users.enumerated() {
            if index > 0 { raw(",") }
            string(user)
        }
        raw("]")
    }
}
