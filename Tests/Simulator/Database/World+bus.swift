internal import Rooms

extension World {
    /// Sends an event to the other processes as a hint, which may be lost, late or doubled.
    func publish(_ event: StoreEvent, except sender: ProcessID? = nil) {
        for server in servers.indices where servers[server].process != sender {
            guard servers[server].phase != .down, profile.bus != .dead else { continue }
            let process = servers[server].process
            if isFaulty, chances.happens(perMille: profile.dropHintsPerMille) { continue }
            let copies = chances.happens(perMille: 100) ? 2 : 1
            for _ in 0..<copies {
                // Sometimes so late that later events arrive first.
                let isLate = chances.happens(perMille: 100)
                let delay = Int64(chances.pick(50...(isLate ? 800_000 : profile.storeTripMicrosecondsMax + 50)))
                after(delay) { $0.tell(process, event) }
            }
        }
    }

    private func tell(_ process: ProcessID, _ event: StoreEvent) {
        guard isAlive(process), !servers[process.server].isDeaf else { return }
        note { "\(process) hears \(event)" }
        servers[process.server].events?.yield(event)
    }

    /// Breaks the listening connection of a process. After it reconnects, it may have missed anything.
    func deafen(_ server: Int, microseconds: Int64) {
        guard !servers[server].isDeaf, servers[server].phase != .down else { return }
        servers[server].isDeaf = true
        let process = servers[server].process
        note { "\(process) is deaf for \(microseconds / 1000) ms" }
        after(microseconds) { world in
            guard world.isAlive(process) else { return }
            world.servers[server].isDeaf = false
            world.tell(process, .resync)
        }
    }

    /// SQL clients send messages in one transaction.
    func sayBySQL(_ count: Int) {
        guard !isStoreAway else { return }
        let room = RoomID(Int32(chances.pick(0...profile.rooms - 1)))
        for _ in 0..<count {
            sqlSends += 1
            let text = marked("sql.\(sqlSends)", kinds: profile.will.kinds)
            said[text] = "sql"
            log.newMessage(in: room, user: "sql", text: text)
        }
        note { "SQL says \(count) in \(room)" }
        publish(.inbox)
    }
}
