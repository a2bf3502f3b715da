internal import Rooms

extension World {
    /// Draws the faults and their times.
    func planFaults() {
        for _ in 0..<profile.crashes { plan { $0.crashAndRestart() } }
        for _ in 0..<profile.stops { plan { $0.stopAndRestart() } }
        for _ in 0..<profile.outages { plan { $0.losesStore() } }
        for _ in 0..<profile.restores { plan { $0.failOver() } }
        for _ in 0..<profile.prunes { plan { $0.prunes(deletes: true) } }
        for _ in 0..<profile.deafness {
            plan { $0.deafen($0.anyServer(), microseconds: Int64($0.chances.pick(50_000...2_000_000))) }
        }
        for _ in 0..<profile.loopPauses { plan { $0.pausesLoop() } }
        for _ in 0..<profile.disconnects {
            plan { world in
                let client = world.chances.pick(0...world.profile.clients - 1)
                world.hangUp(client, isLong: world.chances.happens(perMille: 300))
            }
        }
        for _ in 0..<profile.stalls {
            plan { $0.stall($0.chances.pick(0...$0.profile.clients - 1)) }
        }
        if profile.restores > 0 {
            for _ in 0..<4 { plan { $0.replica = $0.log } }
        }
        after(profile.faultMicroseconds) { $0.calm() }
    }

    func plan(_ fault: @escaping @Sendable (isolated World) -> Void) {
        after(moment()) { world in if world.isFaulty { fault(world) } }
    }

    func anyServer() -> Int { chances.pick(0...servers.count - 1) }

    private func crashAndRestart() {
        let server = anyServer()
        guard servers[server].phase != .down else { return }
        crash(server)
        restart(server)
    }

    private func stopAndRestart() {
        let server = anyServer()
        guard servers[server].phase == .up else { return }
        stop(server)
    }

    /// Starts the process of a server again, after a pause.
    func restart(_ server: Int) {
        after(Int64(chances.pick(100_000...1_500_000))) { world in
            if world.servers[server].phase == .down { world.start(server) }
        }
    }

    private func losesStore() {
        let server = chances.happens(perMille: 500) ? anyServer() : nil
        let microseconds = Int64(chances.pick(50_000...2_000_000))
        note { "the store is away for \(microseconds / 1000) ms for \(server.map { "server \($0)" } ?? "all")" }
        if let server { servers[server].isCutOff = true } else { isStoreAway = true }
        // Some connections break at once; others are found to be broken when they are used.
        if chances.happens(perMille: 500) { failCalls(of: server.map { servers[$0].process }) }
        after(microseconds) { world in
            if let server { world.servers[server].isCutOff = false } else { world.isStoreAway = false }
        }
    }

    /// The replica takes over, and messages that it does not have are lost: a new epoch.
    private func failOver() {
        pasts[log.epoch] = log
        let next = log.epoch + 1
        log = replica
        log.epoch = next
        log.changed()
        replica = log
        incarnation += 1
        note {
            "failover: \(log.epochName), rooms at \(log.rooms.map { "\($0.key):\($0.value.lastSeq)" }.sorted())"
        }
        if chances.happens(perMille: 500) { failCalls() }
        for server in servers.indices where chances.happens(perMille: 700) {
            deafen(server, microseconds: Int64(chances.pick(10_000...500_000)))
        }
    }

    private func pausesLoop() {
        let thread = chances.pick(of: servers[anyServer()].threads)
        thread.pause(microseconds: Int64(chances.pick(1000...400_000)))
    }

    /// Ends the faults; from now on everything must settle.
    private func calm() {
        note { "calm" }
        isFaulty = false
        calmMicroseconds = scheduler.nowMicroseconds
        isStoreAway = false
        becomesOrderly()
        for server in servers.indices {
            servers[server].isCutOff = false
            if servers[server].phase == .down { start(server) }
        }
        deadlineMicroseconds = scheduler.nowMicroseconds + settlementMicroseconds
        awaitSettlement()
    }

    private func awaitSettlement() {
        after(100_000) { world in
            guard let what = world.whatIsUnsettled() else {
                if world.hasProbed { return world.linger() }
                world.hasProbed = true
                world.probe()
                return world.awaitSettlement()
            }
            guard world.scheduler.nowMicroseconds < world.deadlineMicroseconds else {
                return world.fail("not settled in time: \(what)")
            }
            if let what = world.whatIsOverdue() { return world.fail("not answered in time: \(what)") }
            world.awaitSettlement()
        }
    }

    /// Checks that late events change nothing, and that idle processes make few store calls.
    private func linger() {
        let before = callsMade
        after(Self.lingerMicroseconds) { world in
            // A copy of a message that was answered long ago may have arrived late.
            if world.whatIsUnsettled() != nil { return world.awaitSettlement() }
            for server in world.servers {
                let calls = (world.callsMade[server.process] ?? 0) - (before[server.process] ?? 0)
                // A room without members may still be behind, perhaps by one message for each call.
                let max =
                    world.profile.idleCallsMax(microseconds: Self.lingerMicroseconds)
                    + world.log.rooms.values.reduce(0) { $0 + Int($1.lastSeq) }
                if calls > max { world.fail("\(server.process) makes \(calls) calls for nothing, \(max) are enough") }
            }
            world.checkTheEnd()
            world.scheduler.stop()
        }
    }

    private static let lingerMicroseconds: Int64 = 2_000_000
}
