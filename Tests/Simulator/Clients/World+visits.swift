internal import Net
internal import Rooms

extension World {
    /// Draws visits with the changing session, and its changes; many of them occur while the visitor logs in.
    func planVisits() {
        addSession()
        let end = Int(profile.faultMicroseconds) + (profile.visits > 0 ? 6_000_000 : 0)
        for _ in 0..<profile.visits {
            let moment = Int64(chances.pick(0...end))
            visitors += 1
            after(moment) { $0.visit() }
            for _ in 0..<chances.pick(0...3) {
                after(moment + Int64(chances.pick(0...4 * profile.storeTripMicrosecondsMax))) { $0.changesSession() }
            }
        }
    }

    private func visit() {
        let open = servers.filter { $0.phase == .up }
        guard !open.isEmpty else { return visitors -= 1 }
        let server = chances.pick(of: open)
        guard let node = server.node, let rates = server.rates, let newest = keys.last else { return visitors -= 1 }
        // Sometimes with a key that may be revoked.
        let key = chances.happens(perMille: 200) ? chances.pick(of: keys) : newest
        let number = visitNumbers.next()
        let visitor = SimVisitor(
            number: number, key: key, outlet: chances.pick(of: server.outlets), node: node, rates: rates,
            process: server.process, world: self)
        visits[number] = Visit(
            visitor: visitor, process: server.process, key: key,
            pauses: (0..<chances.pick(1...6)).map { _ in chances.pick(of: [0, 0, 1000, 500_000, 3_000_000]) })
        note { "visit \(number) to \(server.process) with \(key)" }
        Self.start(visitor)
    }

    private static func start(_ visitor: SimVisitor) {
        let loop = visitor.loopOutlet.loop
        loop.execute { Task(executorPreference: loop) { await visitor.live() } }
    }

    /// The connection of a visit has ended.
    func visitEnded(_ number: Int) { visitors -= 1 }

    /// Carries a frame of a connection to the visitor.
    func carry(_ frame: VisitorFrame, toVisit number: Int, notice: SessionNotice) {
        guard let visit = visits[number], isAlive(visit.process) else { return }
        check(frame, of: number, visit.key, notice)
        let due = max(visit.dueAtClient, scheduler.nowMicroseconds + netTrip())
        visits[number]?.dueAtClient = due
        after(due - scheduler.nowMicroseconds) { $0.take(frame, ofVisit: number) }
    }

    private func take(_ frame: VisitorFrame, ofVisit number: Int) {
        guard let visit = visits[number] else { return }
        switch frame {
        case .welcome(let session, _):
            note { "visit \(number) is welcome: \(session)" }
            visits[number]?.told = checkTold(session, of: number, visit)
            goOn(number)
        case .session(let session):
            note { "visit \(number) is told: \(session)" }
            visits[number]?.told = checkTold(session, of: number, visit)
        case .shown(let messages):
            let shown = messages.map { String(decoding: $0.json, as: UTF8.self) }
            visitorSends.removeAll { send in shown.contains { $0.contains("\"id\":\"\(send.id)\"") } }
        case .refused: note { "visit \(number): a message is refused" }
        case .close(let code):
            note { "visit \(number) is closed: \(code)" }
            leave(number)
        }
    }

    /// The visitor sends its next message after a pause, or leaves.
    private func goOn(_ number: Int) {
        guard let pause = visits[number]?.pauses.popLast() else {
            return after(Int64(chances.pick(0...500_000))) { $0.leave(number) }
        }
        after(Int64(pause)) { world in
            world.speak(number)
            world.goOn(number)
        }
    }

    /// Sends a new message, or one again that was not answered, perhaps in an earlier visit.
    private func speak(_ number: Int) {
        guard var visit = visits[number], let told = visit.told else { return }
        if visitorSends.isEmpty || chances.happens(perMille: 600) {
            let name = visitNumbers.next()
            visitorSends.append(VisitorMessage(text: "visit \(name)", id: "visit-\(name)"))
        }
        var message = chances.pick(of: visitorSends)
        message.told = told
        visit.dueAtServer = max(visit.dueAtServer, scheduler.nowMicroseconds + netTrip())
        visits[number] = visit
        let visitor = visit.visitor
        visitor.loopOutlet.loop.execute(afterMicroseconds: visit.dueAtServer - scheduler.nowMicroseconds) { [message] in
            visitor.assumeIsolated { $0.received(message) }
        }
    }

    /// Ends a visit; frames in transit are lost.
    func leave(_ number: Int) {
        guard let visit = visits.removeValue(forKey: number) else { return }
        let visitor = visit.visitor
        visitor.loopOutlet.loop.execute { visitor.assumeIsolated { $0.disconnected() } }
    }
}
