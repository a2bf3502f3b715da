internal import Rooms

extension World {
    /// The log of an epoch, current or earlier.
    func log(of epoch: Int) -> LogModel? { epoch == log.epoch ? log : pasts[epoch] }

    func checkBatch(_ batch: Batch) {
        let rooms = batch.groups.map(\.room)
        if rooms != Array(Set(rooms)).sorted() { fail("a batch that locks rooms out of order: \(rooms)") }
    }

    /// Checks a welcome and updates the client's view.
    func welcome(_ client: Int, epoch name: String, lastSeq: Int64, resumed: Bool, reset: ResumeRefusal?) {
        let label = clients[client].label
        guard let epoch = Int(name.dropFirst("epoch-".count)), let log = log(of: epoch) else {
            return fail("\(label): welcome to \(name), which never was")
        }
        let room = clients[client].room
        // Before a server notices a failover, it treats the new epoch's log as the continuation of the old one.
        let newest = (epoch...self.log.epoch).compactMap { self.log(of: $0)?.lastSeq(room) }.max() ?? 0
        if lastSeq > newest {
            fail("\(label): welcome at \(lastSeq), but the log ends with \(newest)")
        }
        clients[client].hasResumed = resumed
        clients[client].lastSeqAtWelcome = lastSeq
        switch clients[client].request {
        case .history(let count):
            if resumed || reset != nil { fail("\(label): resumed or reset without asking") }
            beginHistory(client, count ?? profile.limits.historyOnJoin, lastSeq: lastSeq, in: epoch)
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
                    case .ahead: everSpoiled.contains(room)
                    case .pruned: after < log.firstSeq(room) - 1
                    }
                if !isJustified { fail("\(label): reset (\(reset.rawValue)) after \(after) in \(name)") }
                beginHistory(client, profile.limits.historyOnJoin, lastSeq: lastSeq, in: epoch)
            }
        }
        clients[client].epoch = epoch
        clients[client].isBetweenPasts = false
        clients[client].isWelcome = true
    }

    /// Empties the client's view; the newest messages follow.
    ///
    /// The server chose the newest messages some time ago, and rows may have been deleted since. So the first message
    /// is one of those between the newest that can be read now and the newest that were stored.
    private func beginHistory(_ client: Int, _ count: Int, lastSeq: Int64, in epoch: Int) {
        let count = min(count, profile.limits.historyMax)
        let room = clients[client].room
        let lastRead = clients[client].epochAtRequest == epoch ? min(lastSeq, clients[client].lastSeqAtRequest) : 0
        let readable = log(of: epoch)?.visible(room, after: 0, through: lastRead, in: clients[client].view) ?? []
        clients[client].expectedFirst = max(1, lastSeq - Int64(count) + 1)
        clients[client].earliestFirst = 1
        if count == 0 {
            clients[client].earliestFirst = lastSeq + 1
        } else if readable.count >= count, let first = readable.suffix(count).first?.message.seq {
            // The server may know fewer numbers than the store: go back equally far from the newest that it knows.
            let newest = log(of: epoch)?.lastSeq(room) ?? lastSeq
            clients[client].earliestFirst = max(1, min(first, lastSeq - (newest - first)))
        }
        clients[client].cursor = count == 0 || lastSeq == 0 ? lastSeq : nil
        clients[client].shown = ClientView()
    }

    /// Checks a message or event that a client receives: it must be in the log, and the next one of the client's view.
    func show(_ message: EncodedMessage, asOf: Int64, to client: Int) {
        let label = clients[client].label
        guard let viewed = clients[client].epoch else { return fail("\(label): a message before the welcome") }
        let (room, view) = (clients[client].room, clients[client].view)
        // Between a failover and the moment at which its server notices it, messages of the new epoch may come.
        guard let (epoch, previous) = origin(of: message, in: room, since: viewed, asOf: asOf, view) else {
            let isOld = origin(of: message, in: room, since: viewed, view) != nil
            let what = isOld ? "what was changed before \(asOf)" : "what is not stored"
            return fail("\(label): shown \(what): \(String(decoding: message.json, as: UTF8.self))")
        }
        if epoch != viewed { clients[client].isBetweenPasts = true }
        shownCount += 1
        note { "\(label) sees \(message.seq)\(previous.map { " after \($0)" } ?? "")" }
        guard message.isVisible(in: view) else {
            return message.kind == .change ? takeAnswer(message, client: client) : repeated(message, to: client)
        }
        let next = clients[client].cursor.map { $0 + 1 } ?? clients[client].earliestFirst
        if message.seq < next { return repeated(message, to: client) }
        if isRepeatedBeforeHistory(message, to: client) { return acknowledge(message, in: epoch, client) }
        if !clients[client].isBetweenPasts, let hole = hole(before: message.seq, previous, client) {
            return fail("\(label): sees \(message.seq)\(previous.map { " after \($0)" } ?? ""), \(hole)")
        }
        clients[client].hasResumed = false
        clients[client].cursor = message.seq
        acknowledge(message, in: epoch, client)
    }

    /// Whether this is its own message, which it sent again, and not the beginning of the history that it waits for.
    private func isRepeatedBeforeHistory(_ message: EncodedMessage, to client: Int) -> Bool {
        guard clients[client].cursor == nil, message.seq < clients[client].expectedFirst else { return false }
        if let change = log.rooms[clients[client].room]?.change(message.seq)?.change {
            return change.user == clients[client].name && changeAnswers[change.clientID ?? ""]?.repeats ?? 0 > 0
        }
        guard let row = log.row(clients[client].room, message.seq) else { return false }
        return row.sender == clients[client].name && (repeated.contains(row.said) || outdated.contains(row.said))
    }

    /// Why this message must not be the next one; nil if it may.
    private func hole(before seq: Int64, _ previous: Int64?, _ client: Int) -> String? {
        // Before its server notices a failover, numbers that are missing in one epoch may exist in another.
        guard clients[client].epoch == log.epoch else { return nil }
        guard let cursor = clients[client].cursor else {
            let first = clients[client].expectedFirst
            let skipped = log.numbers(
                clients[client].room, after: first - 1, through: seq - 1, in: clients[client].view)
            return seq > first && !skipped.isEmpty ? "but its history begins with \(first)" : nil
        }
        if seq == cursor + 1 { return nil }
        let room = clients[client].room
        // Clients are not notified of numbers out of range; the room's earlier first number was correct once.
        if clients[client].hasResumed, clients[client].epochAtRequest == log.epoch, !everSpoiled.contains(room) {
            // If messages that it should receive were pruned before it connected, it must start over instead of
            // skipping them.
            let pruned = min(seq, clients[client].firstSeqAtRequest, clients[client].lastSeqAtWelcome + 1)
            let isAsker = clients[client].view == .changes
            let isMissed = log.rooms[room]?.rows.contains {
                cursor < $0.message.seq && $0.message.seq < pruned && !$0.isDeletedByHand
                    && !refusable.contains($0.said) && (isAsker || !$0.isTombstone)
            }
            let isEventMissed = log.rooms[room]?.changes.contains { cursor < $0.change.seq && $0.change.seq < pruned }
            if isMissed == true || isAsker && isEventMissed == true {
                return "resumed after \(cursor), though the log began with \(clients[client].firstSeqAtRequest)"
            }
        }
        if previous ?? .max <= cursor { return nil }
        // A client is not notified of messages that were deleted after others received them, until it resumes.
        let isGone = log.numbers(room, after: cursor, through: seq - 1, in: clients[client].view).isEmpty
        if !isGone { return "but \(cursor + 1) comes next" }
        // After a page that reached beyond its last message, the next message may have no `prev_seq`.
        return clients[client].hasResumed && !clients[client].hadShortPage
            ? "resumed after \(cursor), and is not told that nothing is between" : nil
    }

    /// The epoch in which this row is stored as it was received, and its `prev_seq`.
    ///
    /// - Parameters:
    ///   - asOf: the row must contain all changes up to this number.
    ///   - isHistory: whether no events are between the rows.
    func origin(
        of message: EncodedMessage, in room: RoomID, since first: Int, asOf: Int64 = 0, _ view: LogView,
        isHistory: Bool = false
    ) -> (epoch: Int, previous: Int64?)? {
        for epoch in first...log.epoch {
            guard let log = log(of: epoch), let states = log.rooms[room]?.states(message.seq) else { continue }
            // Numbers of an earlier epoch say nothing of this one.
            let restated = asOf == 0 ? log.row(room, message.seq)?.restated ?? [] : []
            for state in states.containing(first == self.log.epoch ? asOf : 0) + restated {
                if state == message { return (epoch, nil) }
                guard let previous = Self.previous(of: message, ifOtherwise: state), previous < message.seq - 1
                else { continue }
                // Before a server notices a failover, its knowledge of earlier numbers belongs to the old epoch.
                guard first == self.log.epoch else { return (epoch, previous) }
                let isEmpty =
                    isHistory
                    ? log.visible(room, after: previous, through: message.seq - 1, in: view).isEmpty
                    : log.numbers(room, after: previous, through: message.seq - 1, in: view).isEmpty
                if isEmpty { return (epoch, previous) }
            }
        }
        return nil
    }

    /// The value of `prev_seq`, if the message differs from its row only in that field.
    private static func previous(of message: EncodedMessage, ifOtherwise row: EncodedMessage) -> Int64? {
        guard let comma = row.json.firstIndex(of: UInt8(ascii: ",")) else { return nil }
        let key = Array(",\"prev_seq\":".utf8)
        guard message.json.starts(with: row.json[..<comma] + key) else { return nil }
        let rest = message.json.dropFirst(comma + key.count)
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard Array(rest.dropFirst(digits.count)) == Array(row.json[comma...]) else { return nil }
        return Int64(String(decoding: digits, as: UTF8.self))
    }

    /// Checks a message that the client has already received: only its own, and only if it sent it again.
    private func repeated(_ message: EncodedMessage, to client: Int) {
        // Before a server notices a failover, a repeated message may have a number in the new epoch that another had in
        // the old.
        if clients[client].epoch != log.epoch { return }
        hold(message, client)
        if let change = log.rooms[clients[client].room]?.change(message.seq) {
            takeOwn(change, client: client)
            let isOwn = change.change.user == clients[client].name && change.change.clientID != nil
            if !isOwn { return fail("\(clients[client].label): sees \(message.seq) again") }
            return checkAnswers(to: change.change, client: client, besides: 1)
        }
        let text = log.row(clients[client].room, message.seq)?.said
        let isOutdated = text.map(outdated.contains) ?? false
        guard let place = clients[client].sends.firstIndex(where: { $0.text == text && ($0.id != nil || isOutdated) })
        else {
            return fail("\(clients[client].label): sees \(message.seq) again")
        }
        clients[client].sends[place].repeats += 1
        clients[client].sends[place].state = .shown
        let times = clients[client].sends[place].links.count + (isOutdated ? 1 : 0)
        if clients[client].sends[place].repeats >= times {
            fail("\(clients[client].label): sees \(message.seq) more often than it was said")
        }
    }

    /// Adds a message or event to what the client displays, if it asks for changes.
    private func hold(_ message: EncodedMessage, _ client: Int) {
        guard clients[client].view == .changes else { return }
        if !clients[client].shown.take(message) {
            fail("\(clients[client].label): cannot read \(String(decoding: message.json, as: UTF8.self))")
        }
    }

    /// Takes a message or event into the view of the client; it may be the answer to something that the client sent.
    private func acknowledge(_ message: EncodedMessage, in epoch: Int, _ client: Int) {
        hold(message, client)
        let room = log(of: epoch)?.rooms[clients[client].room]
        if let change = room?.change(message.seq) { return takeOwn(change, client: client) }
        clients[client].seen = clients[client].seen.suffix(7) + [message.seq]
        guard let row = room?.row(message.seq), row.sender == clients[client].name,
            let place = clients[client].sends.firstIndex(where: { $0.text == row.said })
        else { return }
        let send = clients[client].sends[place]
        if send.id == nil, send.state == .unavailable {
            fail("\(clients[client].label): \(row.said) was refused, and is shown")
        }
        // A message sent twice may be refused once and stored once. A replica may still have a deleted row, and so may the
        // memory of another process.
        if send.state == .refused, send.links.count < 2, pasts.isEmpty, !row.isDeleted {
            fail("\(clients[client].label): \(row.said) is not stored, it was told, and is shown")
        }
        clients[client].sends[place].state = .shown
    }

    /// Checks a history answer: the messages are as stored, and each one with missing numbers before it has `prev_seq`.
    func checkHistory(_ messages: [EncodedMessage], before: Int64?, more: Bool, asOf: Int64, client: Int) {
        let label = clients[client].label
        let (room, view) = (clients[client].room, clients[client].view)
        guard let viewed = clients[client].epoch, viewed == log.epoch else { return }
        // The request may have been answered in an earlier epoch.
        let asOf = pasts.isEmpty ? asOf : 0
        var last: Int64?
        for message in messages {
            guard let (_, previous) = origin(of: message, in: room, since: viewed, asOf: asOf, view, isHistory: true)
            else {
                return fail(
                    "\(label): history of what is not stored or was changed before \(asOf): "
                        + String(decoding: message.json, as: UTF8.self))
            }
            if message.kind == .change || !message.isVisible(in: view) {
                return fail("\(label): history with \(message.seq), which is \(message.kind)")
            }
            hold(message, client)
            if let last, message.seq <= last || message.seq != last + 1 && previous ?? .max > last {
                return fail("\(label): history with a hole after \(last)")
            }
            last = message.seq
        }
        if let before, let last, last >= before {
            fail("\(label): history up to \(last), but asked before \(before)")
        }
        // The server may know fewer messages than the client has received from another server.
        let end = min((messages.first?.seq ?? before ?? .max) - 1, clients[client].lastSeqAtWelcome)
        if !more, !log.visible(room, after: 0, through: end, in: view).isEmpty, !messages.isEmpty || before != nil {
            fail("\(label): history from \(messages.first?.seq ?? 0), and said to be all")
        }
        if more, messages.isEmpty { fail("\(label): an empty history, and said that there is more") }
    }
}
