internal import Rooms

extension World {
    private static let emojis = ["👍", "🎉", "x"]

    /// A client sends a new command to change a message, if it can.
    func change(_ client: Int) {
        let hasID = chances.happens(perMille: 700)
        // Without an id it could not be sent again.
        guard isFaulty, hasID || clients[client].link != nil else { return }
        let isWild = chances.happens(perMille: 80)
        guard
            let target = isWild ? Int64(chances.pick(1...Int(log.lastSeq(clients[client].room)) + 2)) : seen(by: client)
        else { return }
        clients[client].sendCount += 1
        let name = "\(client).\(clients[client].sendCount)"
        command(client, target, action(name), id: hasID ? "change-\(name)" : nil, isWild: isWild)
    }

    /// Sends a command that must be answered within a time limit.
    func probeChange(_ client: Int) {
        guard let target = seen(by: client) else { return }
        clients[client].sendCount += 1
        let name = "\(client).\(clients[client].sendCount)"
        // One lane carries out the changes of all rooms; each may wait for locks, and then wait again alone.
        let lane = Int64(clients.count * 4 * servers.count) * profile.will.statementMicroseconds
        let isSlow = answerMicroseconds(in: clients[client].room) > 5_000_000
        let due = answerMicroseconds(in: clients[client].room) + (isSlow ? lane : 0)
        command(
            client, target, .react(emoji: chances.pick(of: Self.emojis), isOn: chances.happens(perMille: 700)),
            id: "change-\(name)", isWild: true, due: scheduler.nowMicroseconds + due)
    }

    /// A message that a client has seen, more often its own.
    private func seen(by client: Int) -> Int64? {
        let (seen, room, name) = (clients[client].seen, clients[client].room, clients[client].name)
        let own = seen.filter { log.row(room, $0)?.sender == name }
        let choice = own.isEmpty || chances.happens(perMille: 400) ? seen : own
        return choice.isEmpty ? nil : chances.pick(of: choice)
    }

    private func action(_ name: String) -> ChangeDraft.Action {
        switch chances.pick(0...9) {
        case 0: .delete
        case 1...4:
            .edit(
                text: marked(
                    "\(name) edited" + String(repeating: "~", count: chances.pick(of: [0, 0, 30])),
                    kinds: profile.will.kinds))
        default: .react(emoji: chances.pick(of: Self.emojis), isOn: chances.happens(perMille: 600))
        }
    }

    private func command(
        _ client: Int, _ target: Int64, _ action: ChangeDraft.Action, id: String?, isWild: Bool, due: Int64? = nil
    ) {
        var command = ClientCommand(
            target: target, action: action, id: id, isWild: isWild, lastSeq: log.lastSeq(clients[client].room))
        command.dueMicroseconds = due
        clients[client].commands.append(command)
        note { "\(clients[client].label) wants: \(command.label)" }
        transmit(commands: [clients[client].commands.count - 1], of: client)
    }

    private func transmit(commands places: [Int], of client: Int) {
        guard let link = clients[client].link, !places.isEmpty else { return }
        let name = clients[client].name
        var frames: [ClientFrame] = []
        for place in places {
            clients[client].commands[place].links.append(link)
            let command = clients[client].commands[place]
            frames.append(
                .change(
                    ChangeDraft(
                        target: command.target, action: command.action, user: name, identity: .name(name),
                        isModerator: clients[client].isModerator, editWindowSeconds: profile.editWindowSeconds,
                        clientID: command.id)))
        }
        carry(frames, from: client)
        if clients[client].isImpatient, places.contains(where: { clients[client].commands[$0].links.count == 1 }) {
            after(Int64(chances.pick(200_000...1_500_000))) { $0.sendAgain(commands: places, of: client) }
        }
    }

    /// Sends again the commands that were not answered and have an id.
    func sendAgain(commands places: [Int], of client: Int) {
        transmit(
            commands: places.filter {
                let command = clients[client].commands[$0]
                return command.state == .waiting && command.id != nil
            }, of: client)
    }

    // MARK: answers

    /// Takes the event of a client's own command, as an answer or in its place in the room.
    func takeOwn(_ row: LogModel.ChangeRow, client: Int) {
        let change = row.change
        guard change.user == clients[client].name else { return }
        // Without an id it may be any command of the same content; those of earlier connections are not answered any more.
        let place = clients[client].commands.lastIndex {
            change.clientID != nil ? $0.id == change.clientID : $0.state == .waiting && $0.fits(change)
        }
        guard let place else { return }
        clients[client].commands[place].shown += 1
        clients[client].commands[place].state = .answered
    }

    /// Takes the event of a command that is no part of the client's view; it must be the client's own.
    func takeAnswer(_ event: EncodedMessage, client: Int) {
        guard let row = log.rooms[clients[client].room]?.change(event.seq) else { return }
        let label = clients[client].label
        note { "\(label) is answered with \(event.seq)" }
        guard row.change.user == clients[client].name else {
            return fail("\(label): sees \(event.seq), the change of another")
        }
        takeOwn(row, client: client)
        checkAnswers(to: row.change, client: client, besides: 0)
    }

    /// Checks that the event of a client's own command is not received more often than a process had reason to send it.
    func checkAnswers(to change: StoredChange, client: Int, besides inRoom: Int) {
        guard pasts.isEmpty, let id = change.clientID,
            let command = clients[client].commands.first(where: { $0.id == id })
        else { return }
        let answers = changeAnswers[id] ?? ChangeAnswers()
        let allowed = inRoom > 0 ? inRoom + answers.repeats : answers.events + answers.repeats
        if command.shown > allowed { fail("\(clients[client].label): sees \(change.seq) \(command.shown) times") }
    }

    /// Takes `{"done":…}` or an error that names a command, or belongs to one without an id; false if it is for a message.
    func takeReply(_ text: String, id: String?, client: Int, over link: Int) -> Bool {
        if text.hasPrefix("{\"done\":\"react\"") {
            takeDone(id: id, client: client, over: link)
            return true
        }
        guard let id, let place = clients[client].commands.firstIndex(where: { $0.id == id }) else { return false }
        let command = clients[client].commands[place]
        guard command.state == .waiting else { return true }
        if text.contains("\"unavailable\"") {
            retry(place, of: client)
            return true
        }
        if let what = whatSpeaksAgainst(text, command, of: client) {
            fail("\(clients[client].label): \(command.label): \(text), but \(what)")
        }
        clients[client].commands[place].state = text.contains("\"not_stored\"") ? .refused : .answered
        return true
    }

    private func takeDone(id: String?, client: Int, over link: Int) {
        guard let id else { return namelessReplies[link, default: 0] += 1 }
        guard let place = clients[client].commands.firstIndex(where: { $0.id == id }) else {
            return fail("\(clients[client].label): done, what it did not want")
        }
        clients[client].commands[place].state = .answered
    }

    private func retry(_ place: Int, of client: Int) {
        guard clients[client].insists, clients[client].commands[place].id != nil else {
            return clients[client].commands[place].state = .givenUp
        }
        guard !clients[client].commands[place].isRetrying else { return }
        clients[client].commands[place].isRetrying = true
        after(Int64(chances.pick(50_000...500_000))) { world in
            world.clients[client].commands[place].isRetrying = false
            world.sendAgain(commands: [place], of: client)
        }
    }

    /// Why this error is wrong; nil if it may be right.
    private func whatSpeaksAgainst(_ text: String, _ command: ClientCommand, of client: Int) -> String? {
        let row = log.row(clients[client].room, command.target)
        let isThere = row.map {
            !$0.isDeleted && !$0.isTombstone && command.target >= log.firstSeq(clients[client].room)
        }
        let answers = changeAnswers[command.id ?? ""] ?? ChangeAnswers()
        if text.contains("\"not_found\"") {
            return isThere == true && !command.isWild && pasts.isEmpty ? "it is there" : nil
        } else if text.contains("\"forbidden\"") {
            if case .react = command.action { return "everybody may react" }
            if clients[client].isModerator { return "it is a moderator" }
            let isOwn = row?.message.user == clients[client].name
            return isOwn && profile.editWindowSeconds == nil && pasts.isEmpty ? "the message is its own" : nil
        } else if text.contains("\"not_stored\"") {
            let isRemoved = log.rooms[clients[client].room]?.changes.contains {
                $0.change.clientID == command.id && $0.isDeleted
            }
            return answers.isRefusable || answers.repeats > 0 || isRemoved == true
                ? nil : "the database has not refused it"
        }
        return "that is no answer"
    }
}
