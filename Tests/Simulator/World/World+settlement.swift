internal import Rooms

extension World {
    /// What must still happen before the world is settled; nil if nothing.
    func whatIsUnsettled() -> String? {
        if pendingWork > 0 { return "\(pendingWork) calls are still to be done" }
        if visitors > 0 { return "\(visitors) visitors are here or to come" }
        if !log.inbox.isEmpty { return "the inbox holds \(log.inbox.count)" }
        for server in servers {
            guard server.phase == .up, let node = server.node else { return "\(server.process) is \(server.phase)" }
            if !node.isIdle { return "\(server.process) is busy" }
        }
        for client in clients { if let what = whatIsUnsettled(client) { return what } }
        return nil
    }

    private func whatIsUnsettled(_ client: SimClient) -> String? {
        guard client.isWelcome, let epoch = client.epoch else { return "\(client.name) is away" }
        if epoch != log.epoch { return "\(client.label) is in epoch-\(epoch), the log in \(log.epochName)" }
        let seen = client.cursor ?? client.expectedFirst - 1
        if let unseen = log.numbers(client.room, after: seen, through: .max, in: client.view).last {
            return "\(client.label) has seen \(seen) of \(unseen)"
        }
        var nameless = client.link.flatMap { namelessReplies[$0] } ?? 0
        for send in client.sends where send.state == .waiting && !isGone(send, of: client) {
            if send.id != nil { return "\(client.label) waits for the answer to \(send.text)" }
            guard send.links.last == client.link else { continue }
            nameless -= 1
            if nameless < 0 { return "\(client.label) waits for the answer to \(send.text)" }
        }
        for command in client.commands where command.state == .waiting && !isGone(command, of: client) {
            if command.id != nil { return "\(client.label) waits for the answer to \(command.label)" }
            guard command.links.last == client.link else { continue }
            nameless -= 1
            if nameless < 0 { return "\(client.label) waits for the answer to \(command.label)" }
        }
        return nil
    }

    /// The first message whose answer is late; nil if there is none.
    func whatIsOverdue() -> String? {
        for client in clients {
            for send in client.sends where send.state == .waiting && !isGone(send, of: client) {
                if let due = send.dueMicroseconds, due < scheduler.nowMicroseconds {
                    return "\(client.label): \(send.text)"
                }
            }
            for command in client.commands where command.state == .waiting && !isGone(command, of: client) {
                if let due = command.dueMicroseconds, due < scheduler.nowMicroseconds {
                    return "\(client.label): \(command.label)"
                }
            }
        }
        return nil
    }

    /// Whether the client's message was stored and then pruned or deleted before the client could see it.
    private func isGone(_ send: SimClient.Send, of client: SimClient) -> Bool {
        guard let room = log.rooms[client.room] else { return false }
        return room.rows.contains {
            $0.said == send.text
                && ($0.isDeleted || $0.message.seq < room.firstSeq || $0.message.seq <= client.cursor ?? 0)
        }
    }

    /// Checks the conditions that must hold for the log after everything has settled.
    func checkTheEnd() {
        for (room, row) in log.rooms.sorted(by: { $0.key < $1.key }) { check(row, of: room) }
        for client in clients {
            if client.isBetweenPasts { fail("\(client.label) is between two pasts") }
            for send in client.sends where send.state == .shown && isRefused(send.text) {
                fail("\(client.label): \(send.text) was shown")
            }
            checkNamelessReplies(of: client)
            checkView(of: client)
        }
        checkCommands()
        if pasts.isEmpty { checkInbox() }
    }

    private func isRefused(_ text: String) -> Bool {
        Triggers.kind(of: text).map { [.poison, .drop, .slow].contains($0) } ?? false
    }

    /// Checks that each message of SQL clients is stored, set aside or dropped.
    private func checkInbox() {
        let stored = Set(log.rooms.values.flatMap { $0.rows.map(\.said) } + log.setAside)
        for (text, user) in said where user == "sql" && !stored.contains(text) && Triggers.kind(of: text) != .drop {
            fail("\(text) is neither stored nor put aside")
        }
    }

    /// Checks messages without ids: as many are not stored as were refused. The client cannot know which ones.
    private func checkNamelessReplies(of client: SimClient) {
        let rows = ([log] + pasts.values).flatMap { $0.rooms[client.room]?.rows ?? [] }
        // The receipt of a repeated batch reports deleted rows as dropped.
        let stored = Set(rows.filter { !$0.isDeleted }.map(\.said))
        for (link, sends) in Dictionary(grouping: client.sends.filter { $0.id == nil }, by: { $0.links.last ?? 0 }) {
            let answers = sends.count { stored.contains($0.text) || $0.state == .unavailable }
            let excused = sends.count { uncertain.contains($0.text) }
            // An error without an id may be the answer to a command.
            let commands = client.commands.count { $0.id == nil && $0.links.last == link }
            if answers + (namelessReplies[link] ?? 0) > sends.count + commands + excused {
                fail("\(client.name)#\(link): something was refused and is stored")
            }
        }
    }

    /// Checks that a process that finished its stop by itself has stored all messages that it accepted.
    func checkStored(by process: ProcessID) {
        let texts = ([log] + pasts.values).flatMap { $0.rooms.values.flatMap { $0.rows.map(\.said) } }
        let stored = Set(texts).union(refusable).union(uncertain).union(repeated)
        for text in accepted[process] ?? [] where !isRefused(text) && !stored.contains(text) && !givesUp {
            fail("\(process) stops, and has not stored \(text)")
        }
    }

    /// Whether processes may give up messages because a room is too slow.
    private var givesUp: Bool {
        profile.will.hasSlowRoom || profile.will.kinds.contains(.slow) || profile.will.codes.contains("57014")
    }

    private func check(_ row: LogModel.RoomRow, of room: RoomID) {
        var texts: Set<String> = []
        var last: Int64 = 0
        for stored in row.rows {
            let message = stored.message
            if message.seq <= last || message.seq > row.lastSeq { fail("room \(room): \(message.seq) after \(last)") }
            last = message.seq
            // The id of a deleted row is deleted too, so the message may be stored again.
            if !stored.isDeleted || message.clientID == nil, !texts.insert(stored.said).inserted {
                fail("room \(room): twice: \(stored.said)")
            }
            let isSaid =
                said[stored.said] == stored.sender || visitorNames[stored.said]?.contains(stored.sender) == true
            if !isSaid { fail("room \(room): nobody said \(stored.said)") }
            if isRefused(stored.said) { fail("room \(room): \(stored.said) is stored") }
            if !stored.isDeleted { checkAnswer(to: stored, in: room) }
        }
    }

    /// Checks that a refused message is not stored.
    private func checkAnswer(to row: LogModel.Row, in room: RoomID) {
        for client in clients where client.name == row.sender {
            guard let send = client.sends.first(where: { $0.text == row.said }) else { continue }
            if client.room != room { fail("\(row.said) is in room \(room)") }
            let isSaidOnce = send.links.count < 2 && pasts.isEmpty
            if send.state == .refused && isSaidOnce && !repeated.contains(row.said)
                || send.state == .unavailable && send.id == nil
            {
                fail("\(row.said) was refused, and is stored")
            }
        }
    }
}
