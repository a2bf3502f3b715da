internal import Rooms

extension World {
    /// What is still to happen before everything is as it should be; nil if nothing.
    func whatIsUnsettled() -> String? {
        if pendingWork > 0 { return "\(pendingWork) calls are still to be done" }
        if !log.inbox.isEmpty { return "the inbox holds \(log.inbox.count)" }
        for server in servers {
            guard server.phase == .up, let node = server.node else { return "\(server.process) is \(server.phase)" }
            if !node.isIdle { return "\(server.process) is busy" }
        }
        for client in clients {
            guard client.isWelcome, let epoch = client.epoch else { return "\(client.name) is away" }
            if epoch != log.epoch { return "\(client.label) is in epoch-\(epoch), the log in \(log.epochName)" }
            let last = log.lastSeq(client.room)
            let seen = client.cursor ?? client.expectedFirst - 1
            if seen < last, log.firstSeq(client.room) <= last {
                return "\(client.label) has seen \(seen) of \(last)"
            }
            for send in client.sends where send.state == .waiting {
                if send.id != nil || send.links.last == client.link, !isPruned(send, of: client) {
                    return "\(client.label) waits for the answer to \(send.text)"
                }
            }
        }
        return nil
    }

    /// Whether what the client said was stored and pruned before the client could see it.
    private func isPruned(_ send: SimClient.Send, of client: SimClient) -> Bool {
        guard let room = log.rooms[client.room] else { return false }
        return room.rows.prefix(Int(room.firstSeq - 1)).contains { $0.message.text == send.text }
    }

    /// What must hold of the log when all has settled.
    func checkTheEnd() {
        for (room, row) in log.rooms.sorted(by: { $0.key < $1.key }) { check(row, of: room) }
        for client in clients {
            if client.isBetweenPasts { fail("\(client.label) is between two pasts") }
            for send in client.sends where send.state == .shown && send.isPoison {
                fail("\(client.label): \(send.text) was shown")
            }
        }
    }

    /// A process that was told to stop and has come to an end by itself has stored all that it took.
    func checkStored(by process: ProcessID) {
        let texts = ([log] + pasts.values).flatMap { $0.rooms.values.flatMap { $0.rows.map(\.message.text) } }
        let stored = Set(texts)
        for text in accepted[process] ?? [] where !text.contains(LogModel.poison) && !stored.contains(text) {
            fail("\(process) stops, and has not stored \(text)")
        }
    }

    private func check(_ row: LogModel.RoomRow, of room: RoomID) {
        var texts: Set<String> = []
        for (place, stored) in row.rows.enumerated() {
            let message = stored.message
            if message.seq != Int64(place + 1) { fail("room \(room): \(message.seq) at place \(place + 1)") }
            // With its row an id is pruned too, and may then be stored anew.
            if message.seq >= row.firstSeq || message.clientID == nil, !texts.insert(message.text).inserted {
                fail("room \(room): twice: \(message.text)")
            }
            if said[message.text] != message.user { fail("room \(room): nobody said \(message.text)") }
            if message.text.contains(LogModel.poison) { fail("room \(room): poison is stored") }
            checkAnswer(to: message, in: room)
        }
    }

    /// What was refused must not be stored.
    private func checkAnswer(to message: StoredMessage, in room: RoomID) {
        for client in clients where client.name == message.user {
            guard let send = client.sends.first(where: { $0.text == message.text }) else { continue }
            if client.room != room { fail("\(message.text) is in room \(room)") }
            if send.state == .refused || (send.state == .unavailable && send.id == nil) {
                fail("\(message.text) was refused, and is stored")
            }
        }
    }
}
