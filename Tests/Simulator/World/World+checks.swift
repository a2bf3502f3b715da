internal import Rooms

extension World {
    /// The log as it was, or is, in a past.
    func log(of epoch: Int) -> LogModel? { epoch == log.epoch ? log : pasts[epoch] }

    func checkBatch(_ batch: Batch) {
        let rooms = batch.groups.map(\.room)
        if rooms != Array(Set(rooms)).sorted() { fail("a batch that locks rooms out of order: \(rooms)") }
    }

    /// A client is told where it stands.
    func welcome(_ client: Int, epoch name: String, lastSeq: Int64, resumed: Bool, reset: ResumeRefusal?) {
        let label = clients[client].label
        guard let epoch = Int(name.dropFirst("epoch-".count)), let log = log(of: epoch) else {
            return fail("\(label): welcome to \(name), which never was")
        }
        let room = clients[client].room
        // Before a server notices a failover, it takes what the new past has for the continuation of the old one.
        let newest = (epoch...self.log.epoch).compactMap { self.log(of: $0)?.lastSeq(room) }.max() ?? 0
        if lastSeq > newest {
            fail("\(label): welcome at \(lastSeq), but the log ends with \(newest)")
        }
        switch clients[client].request {
        case .history(let count):
            if resumed || reset != nil { fail("\(label): resumed or reset without asking") }
            beginHistory(client, count ?? profile.limits.historyOnJoin, lastSeq: lastSeq)
        case .resume(let after, _):
            if resumed, clients[client].epoch != epoch, !profile.omitsEpoch {
                fail("\(label): resumed in \(name), but its view is of epoch-\(clients[client].epoch ?? 0)")
            }
            if epoch < clients[client].epoch ?? 0 { fail("\(label): back to \(name), a past that is over") }
            if resumed != (reset == nil) { fail("\(label): neither resumed nor reset") }
            if let reset {
                let isJustified =
                    switch reset {
                    case .epoch: epoch > clients[client].epoch ?? 0
                    case .ahead: false
                    case .pruned: after < log.firstSeq(room) - 1
                    }
                if !isJustified { fail("\(label): reset (\(reset.rawValue)) after \(after) in \(name)") }
                beginHistory(client, profile.limits.historyOnJoin, lastSeq: lastSeq)
            }
        }
        clients[client].epoch = epoch
        clients[client].isBetweenPasts = false
        clients[client].isWelcome = true
    }

    /// The client's view is empty, and the newest messages follow.
    private func beginHistory(_ client: Int, _ count: Int, lastSeq: Int64) {
        let count = Int64(min(count, profile.limits.historyMax))
        clients[client].expectedFirst = max(0, lastSeq - count) + 1
        clients[client].cursor = count == 0 || lastSeq == 0 ? lastSeq : nil
    }

    /// A client is shown a message: it must be in the log, and the next one of its view.
    func show(_ message: EncodedMessage, to client: Int) {
        let label = clients[client].label
        guard let viewed = clients[client].epoch else { return fail("\(label): a message before the welcome") }
        let room = clients[client].room
        // Between a failover and the moment at which its server notices, messages of the new past may come.
        guard let epoch = (viewed...log.epoch).first(where: { log(of: $0)?.row(room, message.seq)?.encoded == message })
        else { return fail("\(label): shown what is not stored: \(String(decoding: message.json, as: UTF8.self))") }
        if epoch != viewed { clients[client].isBetweenPasts = true }
        shownCount += 1
        note { "\(label) sees \(message.seq)" }
        let next = clients[client].cursor.map { $0 + 1 } ?? clients[client].expectedFirst
        if message.seq < next {
            return repeated(message, to: client)
        }
        if message.seq > next, !isPruned(message.seq - 1, of: room, since: viewed), !clients[client].isBetweenPasts {
            return fail("\(label): sees \(message.seq), but \(next) comes next")
        }
        clients[client].cursor = message.seq
        acknowledge(message.seq, in: epoch, client)
    }

    /// A message that the client has seen: only its own, and only if it said it again.
    private func repeated(_ message: EncodedMessage, to client: Int) {
        // Before a server notices a failover: what was said again has in the new past a number that was another's.
        if clients[client].epoch != log.epoch { return }
        let text = log.row(clients[client].room, message.seq)?.message.text
        guard let place = clients[client].sends.firstIndex(where: { $0.text == text && $0.id != nil }) else {
            return fail("\(clients[client].label): sees \(message.seq) again")
        }
        clients[client].sends[place].repeats += 1
        clients[client].sends[place].state = .shown
        if clients[client].sends[place].repeats >= clients[client].sends[place].links.count {
            fail("\(clients[client].label): sees \(message.seq) more often than it was said")
        }
    }

    private func acknowledge(_ seq: Int64, in epoch: Int, _ client: Int) {
        guard let message = log(of: epoch)?.row(clients[client].room, seq)?.message,
            message.user == clients[client].name,
            let place = clients[client].sends.firstIndex(where: { $0.text == message.text })
        else { return }
        if clients[client].sends[place].id == nil, clients[client].sends[place].state == .unavailable {
            fail("\(clients[client].label): \(message.text) was refused, and is shown")
        }
        clients[client].sends[place].state = .shown
    }

    /// Whether messages up to this one may be missing because they were pruned: in one of the pasts since then.
    private func isPruned(_ seq: Int64, of room: RoomID, since epoch: Int) -> Bool {
        (epoch...log.epoch).contains { seq < log(of: $0)?.firstSeq(room) ?? 0 }
    }

    /// An answer to a request for older messages: consecutive, as stored.
    func checkHistory(_ messages: [EncodedMessage], before: Int64?, more: Bool, client: Int) {
        let label = clients[client].label
        let room = clients[client].room
        guard let viewed = clients[client].epoch, viewed == log.epoch else { return }
        for message in messages where log.row(room, message.seq)?.encoded != message {
            return fail("\(label): history of what is not stored: \(String(decoding: message.json, as: UTF8.self))")
        }
        for (message, next) in zip(messages, messages.dropFirst()) where next.seq != message.seq + 1 {
            return fail("\(label): history with a hole after \(message.seq)")
        }
        if let before, let last = messages.last, last.seq >= before {
            fail("\(label): history up to \(last.seq), but asked before \(before)")
        }
        if !more, let first = messages.first, first.seq > log.firstSeq(room) {
            fail("\(label): history from \(first.seq), and said to be all")
        }
    }
}
