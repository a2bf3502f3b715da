internal import Rooms

extension World {
    /// Draws what the database and its users do on their own, and when.
    func planWill() {
        let will = profile.will
        for _ in 0..<will.deletions { plan { $0.deletesRows() } }
        for _ in 0..<will.prunes { plan { $0.prunes(deletes: true) } }
        for _ in 0..<will.raises { plan { $0.prunes(deletes: false) } }
        for _ in 0..<will.spoilings { plan { $0.spoils() } }
        for _ in 0..<will.unreadables { plan { $0.makesUnreadable() } }
        for _ in 0..<will.suspensions { plan { $0.suspends() } }
        for _ in 0..<will.forgettings { plan { $0.forgetsWriter() } }
    }

    /// Ends all temporary conditions.
    func becomesOrderly() {
        unreadable = []
        for room in log.rooms.keys { log.setSpoiled(room, false) }
        for server in servers.indices where servers[server].isSuspended { wake(server) }
    }

    /// The virtual time in which everything must be settled after the faults have ended.
    var settlementMicroseconds: Int64 {
        let said = clients.reduce(0) { $0 + $1.sends.count }
        // The inbox may hold as many messages.
        return 60_000_000
            + (hasSlowStatements
                ? Int64(said + 30) * Int64(4 * profile.limits.slowAttemptsMax) * profile.will.statementMicroseconds : 0)
    }

    /// The time in which a message in a room must be answered after the faults have ended. A slow room or text may
    /// delay the others by a few statements that reach their time-out.
    func answerMicroseconds(in room: RoomID) -> Int64 {
        let will = profile.will
        guard hasSlowStatements else { return 5_000_000 }
        // A room may share the slow lane for a while, one message each turn, and each process waits for the others'
        // locks.
        let statements =
            log.slowRooms.contains(room) || will.statementMessagesMax < .max
            ? 8 * profile.limits.slowAttemptsMax * profile.clients : 8 * profile.servers + 2 * profile.clients
        return 5_000_000 + Int64(statements) * will.statementMicroseconds
    }

    private var hasSlowStatements: Bool {
        let will = profile.will
        return will.hasSlowRoom || will.kinds.contains(.slow) || will.statementMessagesMax < .max
            || will.readRoomsMax < .max
    }

    private func anyRoom() -> RoomID { RoomID(Int32(chances.pick(0...profile.rooms - 1))) }

    private func deletesRows() {
        let room = anyRoom()
        let last = log.lastSeq(room)
        guard last > 0 else { return }
        // Often the newest ones, before other processes have read them.
        let count = Int64(chances.pick(1...3))
        let to = chances.happens(perMille: 500) ? last : Int64(chances.pick(1...Int(last)))
        let from = max(1, to - count + 1)
        log.delete(room, from...to)
        note { "rows \(from) to \(to) of room \(room) are deleted by hand" }
    }

    func prunes(deletes: Bool) {
        let room = anyRoom()
        let before = Int64(chances.pick(0...Int(log.lastSeq(room)) + 1))
        log.prune(room, before: before, deletes: deletes)
        note { "room \(room) is pruned before \(before)\(deletes ? "" : ", and the rows remain")" }
    }

    private func spoils() {
        let room = anyRoom()
        note { "the numbers of room \(room) are out of range" }
        log.setSpoiled(room, true)
        everSpoiled.insert(room)
        after(Int64(chances.pick(50_000...2_000_000))) { $0.log.setSpoiled(room, false) }
    }

    private func makesUnreadable() {
        let room = anyRoom()
        note { "room \(room) cannot be read" }
        unreadable.insert(room)
        after(Int64(chances.pick(50_000...2_000_000))) { $0.unreadable.remove(room) }
    }

    /// Suspends a process; hours may pass by the database's clock.
    private func suspends() {
        let server = anyServer()
        guard servers[server].phase != .down, !servers[server].isSuspended else { return }
        let process = servers[server].process
        let microseconds = Int64(chances.pick(200_000...6_000_000))
        note { "\(process) is suspended for \(microseconds / 1000) ms" }
        servers[server].isSuspended = true
        for thread in servers[server].threads { thread.pause(microseconds: microseconds) }
        servers[server].pool.pause(microseconds: microseconds)
        log.clockMicroseconds += Int64(chances.pick(0...48)) * 3_600_000_000
        if chances.happens(perMille: 500) { failCalls(of: process) }
        if chances.happens(perMille: 300) { forgets(process) }
        if profile.bus == .trusted || chances.happens(perMille: 500) { deafen(server, microseconds: microseconds) }
        after(microseconds) { world in
            if world.servers[server].process == process { world.wake(server) }
        }
    }

    /// Resumes a suspended process.
    func wake(_ server: Int) {
        guard servers[server].isSuspended else { return }
        note { "\(servers[server].process) goes on" }
        servers[server].isSuspended = false
        for thread in servers[server].threads { thread.pause(microseconds: 0) }
        servers[server].pool.pause(microseconds: 0)
    }

    private func forgetsWriter() { forgets(servers[anyServer()].process) }

    /// Makes the database forget the writers of this process.
    private func forgets(_ process: ProcessID) {
        for use in WriterNames.Use.all where chances.happens(perMille: 700) {
            guard let writer = writers[process]?.current(use), writer.isRegistered else { continue }
            note { "\(process) is forgotten as the writer of \(use)" }
            log.forget(writer.id)
        }
    }
}
