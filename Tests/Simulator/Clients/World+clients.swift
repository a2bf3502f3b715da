internal import Rooms

extension World {
    /// A client sends a new message, if it can.
    func say(_ client: Int) {
        let hasID = chances.happens(perMille: 700)
        // Without an id it could not be sent again.
        guard isFaulty, hasID || clients[client].link != nil else { return }
        clients[client].sendCount += 1
        let name = "\(client).\(clients[client].sendCount)"
        let padding = chances.happens(perMille: 200) ? String(repeating: "~", count: chances.pick(1...120)) : ""
        let text = marked("\(name)\(padding)", kinds: profile.will.kinds)
        said[text] = clients[client].name
        clients[client].sends.append(SimClient.Send(text: text, id: hasID ? "id-\(name)" : nil))
        let place = clients[client].sends.count - 1
        note { "\(clients[client].label) says \(text)\(hasID ? "" : " without id")" }
        transmit([place], of: client)
        if chances.happens(perMille: 80) {
            let before = chances.happens(perMille: 500) ? nil : clients[client].cursor
            carry(
                [.history(before: before, limit: chances.pick(1...8), asOf: log.lastSeq(clients[client].room))],
                from: client)
        }
    }

    /// Called after the faults have ended: each client sends a message that must be answered within a time limit.
    func probe() {
        for client in clients.indices {
            clients[client].sendCount += 1
            let name = "\(client).\(clients[client].sendCount)"
            let text = "text \(name)"
            said[text] = clients[client].name
            var send = SimClient.Send(text: text, id: "id-\(name)")
            send.dueMicroseconds = scheduler.nowMicroseconds + answerMicroseconds(in: clients[client].room)
            clients[client].sends.append(send)
            note { "\(clients[client].label) says \(text), and is to be answered" }
            transmit([clients[client].sends.count - 1], of: client)
            if profile.changes > 0 { probeChange(client) }
        }
        // SQL clients may add many messages at the same time.
        if profile.bus != .trusted, chances.happens(perMille: 500) { for _ in 0..<3 { sayBySQL(chances.pick(3...8)) } }
    }

    /// A text that at most one of these triggers acts on.
    func marked(_ rest: String, kinds: [Triggers.Kind]) -> String {
        guard !kinds.isEmpty, chances.happens(perMille: 120) else { return "text \(rest)" }
        let kind = chances.pick(of: kinds)
        return Triggers.text(kind, code: kind == .poison ? chances.pick(of: profile.will.codes) : "", rest)
    }

    /// Sends these messages if the client is connected; else they wait.
    private func transmit(_ places: [Int], of client: Int) {
        guard let link = clients[client].link, !places.isEmpty else { return }
        for place in places { clients[client].sends[place].links.append(link) }
        let name = clients[client].name
        carry(
            places.map { place in
                let send = clients[client].sends[place]
                return .say(Draft(user: name, text: send.text, clientID: send.id))
            }, from: client)
        guard clients[client].isImpatient, places.contains(where: { clients[client].sends[$0].links.count == 1 })
        else { return }
        after(Int64(chances.pick(200_000...1_500_000))) { $0.sendAgain(places, of: client) }
    }

    /// Sends again the messages that were not answered and have an id.
    func sendAgain(_ places: [Int], of client: Int) {
        transmit(
            places.filter {
                let send = clients[client].sends[$0]
                return send.state == .waiting && send.id != nil
            }, of: client)
    }

    /// Handles a frame that the client has read.
    func take(_ frame: Frame, client: Int, over id: Int) {
        switch frame {
        case .welcome(let epoch, let lastSeq, let resumed, let reset):
            note {
                "\(clients[client].label) is welcome: \(epoch) at \(lastSeq), "
                    + "\(resumed ? "resumed" : "not resumed"), \(reset?.rawValue ?? "no reset")"
            }
            welcome(client, epoch: epoch, lastSeq: lastSeq, resumed: resumed, reset: reset)
            sendAgain(Array(clients[client].sends.indices), of: client)
            sendAgain(commands: Array(clients[client].commands.indices), of: client)
        case .message(let message, let asOf): show(message, asOf: asOf, to: client)
        case .error(let json): takeError(json, client: client, over: id)
        case .unavailable(let text):
            note { "\(clients[client].label) is told: unavailable: \(text)" }
            answer(.unavailable, to: client) { $0.text == text }
        case .history(let messages, let before, let more, let asOf):
            checkHistory(messages, before: before, more: more, asOf: asOf, client: client)
        case .close:
            note { "\(clients[client].label) is closed" }
            cut(id)
        }
    }

    private func takeError(_ json: [UInt8], client: Int, over link: Int) {
        let text = String(decoding: json, as: UTF8.self)
        note { "\(clients[client].label) is told: \(text)" }
        let id = text.split(separator: "\"id\":\"").dropFirst().first.map { String($0.prefix { $0 != "\"" }) }
        guard !takeReply(text, id: id, client: client, over: link) else { return }
        guard let id else { return namelessReplies[link, default: 0] += 1 }
        if text.contains("\"not_stored\"") {
            answer(.refused, to: client) { $0.id == id && mayBeRefused($0, of: client) }
        } else {
            answer(.unavailable, to: client) { $0.id == id }
        }
    }

    /// Whether the database has rejected this message, or has stored it before and lost it since.
    private func mayBeRefused(_ send: SimClient.Send, of client: Int) -> Bool {
        if refusable.contains(send.text) { return true }
        let room = clients[client].room
        // A message sent twice may have been found, deleted and stored again.
        return repeated.contains(send.text) && send.links.count > 1
            || repeated.contains(send.text)
                && !log.visible(room, after: 0, through: .max).contains { $0.said == send.text }
    }

    /// Records the answer to the first of its sends that matches.
    private func answer(_ state: SimClient.Send.State, to client: Int, where isIt: (SimClient.Send) -> Bool) {
        guard let place = clients[client].sends.firstIndex(where: isIt) else {
            return fail("\(clients[client].label): refused what it did not say")
        }
        let send = clients[client].sends[place]
        guard send.state == .waiting || send.id != nil else {
            return fail("\(clients[client].label): a second answer to \(send.text)")
        }
        guard send.state == .waiting else { return }
        if state == .unavailable, send.id != nil, clients[client].insists {
            guard !send.isRetrying else { return }
            clients[client].sends[place].isRetrying = true
            after(Int64(chances.pick(50_000...500_000))) { world in
                world.clients[client].sends[place].isRetrying = false
                world.sendAgain([place], of: client)
            }
        } else {
            clients[client].sends[place].state = state
        }
    }
}
