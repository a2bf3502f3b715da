internal import Rooms

extension World {
    /// The time, in microseconds, in which a process must notice a change of a session after the faults have ended.
    private static let noticeMicroseconds: Int64 = 4_000_000

    /// Draws visits with the changing session, and its changes; many of them occur while a visitor logs in.
    func planVisits() {
        let end = Int(profile.faultMicroseconds) + (profile.visits > 0 ? 6_000_000 : 0)
        for _ in 0..<profile.visits {
            let moment = Int64(chances.pick(0...end))
            visitors += 1
            after(moment) { $0.visit() }
            for _ in 0..<chances.pick(0...2) {
                after(moment + Int64(chances.pick(0...4 * profile.storeTripMicrosecondsMax))) { $0.changesSession() }
            }
        }
    }

    private func visit() {
        let open = servers.indices.filter { servers[$0].phase == .up }
        guard !open.isEmpty, let node = servers[chances.pick(of: open)].node,
            let server = servers.firstIndex(where: { $0.node === node })
        else { return visitors -= 1 }
        visitCount += 1
        let outlet = chances.pick(of: servers[server].outlets)
        let pauses = (0..<chances.pick(1...4)).map { _ in chances.pick(of: [0, 1000, 500_000, 3_000_000]) }
        let visitor = SimVisitor(
            number: visitCount, pauses: pauses, outlet: outlet, node: node, process: servers[server].process,
            world: self)
        note { "visitor \(visitCount) comes to \(servers[server].process)" }
        Self.start(visitor)
    }

    private static func start(_ visitor: SimVisitor) {
        let loop = visitor.loopOutlet.loop
        loop.execute { Task(executorPreference: loop) { await visitor.visit() } }
    }

    private func changesSession() {
        var session = sessions.current
        switch chances.pick(0...4) {
        case 0: session = nil
        case 1: session?.role = sessions.current?.role == .reader ? .member : .reader
        case 2: session?.userName = "visitor \(sessions.versions.count)"
        default: session?.room = RoomID(Int32(chances.pick(0...profile.rooms - 1)))
        }
        // A deleted session is created again.
        if sessions.current == nil {
            session = Session(fingerprint: "fingerprint", userName: "visitor", room: RoomID(0), role: .member)
        }
        sessions.change(to: session, at: scheduler.nowMicroseconds)
        note { "the session is changed: \(sessions.summary)" }
        publish(.sessionChanged(fingerprint: "fingerprint"))
    }

    /// Sweeps sessions as the application does, in worlds that do so.
    func sweepSessionsRegularly(of process: ProcessID) {
        guard profile.sweepsSessions else { return }
        after(1_000_000) { world in
            guard world.isAlive(process), let node = world.servers[process.server].node else { return }
            Self.sweep(node, pool: world.servers[process.server].pool)
            world.sweepSessionsRegularly(of: process)
        }
    }

    private static func sweep(_ node: Node, pool: SimPool) {
        Task(executorPreference: pool) { await node.liveSessions.sweep(now: Timestamp(microseconds: 0)) }
    }

    /// Checks a message of a visitor, sent with the user and the room that its process assumes.
    func spoke(_ session: Session, in room: RoomID, _ text: String, by process: ProcessID) {
        guard isAlive(process) else { return }
        said[text] = session.userName
        note { "\(session.userName) says \(text) in \(room)" }
        let now = scheduler.nowMicroseconds
        guard !isFaulty, now > calmMicroseconds + Self.noticeMicroseconds else { return }
        if room != session.room { fail("\(text) is said in \(room), but the session is in \(session.room)") }
        // Without sweeps, a change whose hint was lost is not noticed.
        if !profile.sweepsSessions, sessions.versions.contains(where: { $0.since <= calmMicroseconds && $0.since > 0 })
        {
            return
        }
        if !sessions.was(session, after: now - Self.noticeMicroseconds) {
            fail("\(text) is said as \(session.userName) in \(room) as \(session.role), but it is \(sessions.summary)")
        }
    }
}
