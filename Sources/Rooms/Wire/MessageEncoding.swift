extension EncodedMessage {
    /// The wire form of a stored message: `{"seq":124,"time":"…Z","user":"…","user_id":"…","message":"…","id":"…"}`.
    public init(_ message: StoredMessage) {
        self.init(
            seq: message.seq, time: message.time.iso8601Bytes, user: message.user, text: message.text,
            clientID: message.clientID, userID: message.userID)
    }

    /// The same from its parts, with the time already encoded, because a batch shares it.
    package init(seq: Int64, time: [UInt8], user: String, text: String, clientID: String?, userID: String?) {
        var json = JSONWriter(reserving: 96 + user.utf8.count + text.utf8.count + (clientID?.utf8.count ?? 0))
        json.raw("{\"seq\":")
        json.integer(seq)
        json.raw(",\"time\":\"")
        json.raw(time)
        json.raw("\",\"user\":")
        json.string(user)
        if let userID {
            json.raw(",\"user_id\":")
            json.string(userID)
        }
        json.raw(",\"message\":")
        json.string(text)
        if let clientID {
            json.raw(",\"id\":")
            json.string(clientID)
        }
        json.raw("}")
        self.init(seq: seq, json: json.bytes)
    }
}
