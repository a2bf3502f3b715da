internal import Rooms

/// The messages that a client of the view `changes` displays, made of nothing but what it has read from the wire.
struct ClientView {
    /// By number, in the state that the client has come to.
    private(set) var messages: [Int64: WireRow] = [:]
    /// All events since the view began, ascending. A message that is read later, as older history, may not contain them.
    private var events: [WireRow] = []

    /// Adds a message or applies an event; false if it is not as documented.
    mutating func take(_ row: EncodedMessage) -> Bool {
        guard let read = WireRow(row.json) else { return false }
        if read.target == nil { hold(read) } else { apply(read) }
        return true
    }

    private mutating func hold(_ message: WireRow) {
        if let held = messages[message.seq], held.changedSeq ?? 0 >= message.changedSeq ?? 0 { return }
        messages[message.seq] = message
        for event in events { messages[message.seq]?.apply(event) }
    }

    private mutating func apply(_ event: WireRow) {
        guard event.seq > events.last?.seq ?? 0, let target = event.target else { return }
        events.append(event)
        messages[target]?.apply(event)
    }
}

extension WireRow {
    /// What an event makes of a message. One that the message contains already changes nothing.
    fileprivate mutating func apply(_ event: WireRow) {
        guard event.target == seq, event.seq > changedSeq ?? 0 else { return }
        changedSeq = event.seq
        if event.isDeleted {
            isDeleted = true
            message = nil
            editedSeq = nil
            reactions = []
        } else if let text = event.message {
            message = text
            editedSeq = event.seq
        } else if let emoji = event.emoji {
            react(emoji, event)
        }
    }

    private mutating func react(_ emoji: String, _ event: WireRow) {
        let index = reactions.firstIndex { $0.emoji == emoji }
        if event.isOn == true {
            var reaction = index.map { reactions[$0] } ?? Reaction(emoji: emoji, count: 0, users: [])
            reaction.count += 1
            if reaction.users.count < Reaction.usersMax, let user = event.user { reaction.users.append(user) }
            if let index { reactions[index] = reaction } else { reactions.append(reaction) }
        } else if let index {
            let rest = Reaction(emoji: emoji, count: event.count ?? 0, users: event.users ?? [])
            if rest.count > 0 { reactions[index] = rest } else { reactions.remove(at: index) }
        }
    }
}
