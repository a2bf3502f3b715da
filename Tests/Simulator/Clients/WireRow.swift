internal import Rooms

/// A message or an event as a client reads it from the wire.
struct WireRow: Equatable {
    var seq: Int64 = 0
    var time = ""
    var user: String?
    var userID: String?
    var id: String?
    var message: String?
    var replyTo: Int64?
    var editedSeq: Int64?
    var changedSeq: Int64?
    var reactions: [Reaction] = []
    /// Of a deleted message.
    var isDeleted = false
    /// Of an event: the number of the message that it changes; nil for a message.
    var target: Int64?
    var emoji: String?
    var isOn: Bool?
    var count: Int?
    var users: [String]?

    /// Reads a JSON object of the protocol; nil if it is not as documented.
    init?(_ json: [UInt8]) {
        var reader = JSONReader(json)
        do {
            try reader.readObject { key, reader throws(JSONReader.Malformed) in try read(key, from: &reader) }
            try reader.readEnd()
        } catch {
            return nil
        }
    }

    private mutating func read(_ key: String, from reader: inout JSONReader) throws(JSONReader.Malformed) {
        switch key {
        case "seq": seq = try reader.readInteger()
        case "prev_seq": _ = try reader.readInteger()
        case "time": time = try reader.readString()
        case "user":
            if reader.peekValue() == UInt8(ascii: "n") {
                try reader.readLiteral("null")
            } else {
                user = try reader.readString()
            }
        case "user_id": userID = try reader.readString()
        case "id": id = try reader.readString()
        case "message": message = try reader.readString()
        case "reply_to": replyTo = try reader.readInteger()
        case "edited_seq": editedSeq = try reader.readInteger()
        case "changed_seq": changedSeq = try reader.readInteger()
        case "reactions": reactions = try reader.readReactions()
        case "deleted":
            if reader.peekValue() == UInt8(ascii: "t") {
                try reader.readLiteral("true")
                isDeleted = true
            } else {
                target = try reader.readInteger()
                isDeleted = true
            }
        case "edited", "reacted": target = try reader.readInteger()
        case "emoji": emoji = try reader.readString()
        case "on": isOn = try reader.readBool()
        case "count": count = Int(try reader.readInteger())
        case "users": users = try reader.readStrings()
        default: throw JSONReader.Malformed("unknown field \(key)", at: reader.offset)
        }
    }
}

extension JSONReader {
    fileprivate mutating func readInteger() throws(Malformed) -> Int64 {
        guard let integer = Int64(try readNumberLiteral()) else { throw Malformed("expected an integer", at: offset) }
        return integer
    }

    fileprivate mutating func readBool() throws(Malformed) -> Bool {
        let isTrue = peekValue() == UInt8(ascii: "t")
        try readLiteral(isTrue ? "true" : "false")
        return isTrue
    }

    fileprivate mutating func readStrings() throws(Malformed) -> [String] {
        var strings: [String] = []
        try readArray { reader throws(Malformed) in strings.append(try reader.readString()) }
        return strings
    }

    fileprivate mutating func readReactions() throws(Malformed) -> [Reaction] {
        var reactions: [Reaction] = []
        try readObject { emoji, reader throws(Malformed) in
            var reaction = Reaction(emoji: emoji, count: 0, users: [])
            try reader.readObject { key, reader throws(Malformed) in
                switch key {
                case "count": reaction.count = Int(try reader.readInteger())
                case "users": reaction.users = try reader.readStrings()
                default: throw Malformed("unknown field \(key)", at: reader.offset)
                }
            }
            reactions.append(reaction)
        }
        return reactions
    }
}
