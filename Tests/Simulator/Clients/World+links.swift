internal import Rooms

extension World {
    func netTrip() -> Int64 { Int64(chances.pick(20...profile.netTripMicrosecondsMax)) }

    /// Connects a client to a random server that accepts connections; retries later if there is none.
    func comeBack(_ client: Int) {
        guard clients[client].link == nil, !clients[client].isAway else { return }
        let open = servers.indices.filter { servers[$0].phase == .up }
        guard !open.isEmpty else { return retryLater(client) }
        let server = servers[chances.pick(of: open)]
        guard let node = server.node else { return }
        linkCount += 1
        let id = linkCount
        let outlet = chances.pick(of: server.outlets)
        clients[client].request = request(of: client)
        clients[client].hadShortPage = false
        clients[client].firstSeqAtRequest = log.firstSeq(clients[client].room)
        clients[client].lastSeqAtRequest = log.lastSeq(clients[client].room)
        clients[client].epochAtRequest = log.epoch
        let connection = SimConnection(
            id: id, user: clients[client].name, room: clients[client].room, view: clients[client].view,
            request: clients[client].request, outlet: outlet, node: node, process: server.process, world: self)
        clients[client].link = id
        links[id] = Link(connection: connection, client: client, process: server.process)
        note { "\(clients[client].label) connects to \(server.process): \(clients[client].request)" }
        Self.accept(connection, afterMicroseconds: netTrip())
    }

    private static func accept(_ connection: SimConnection, afterMicroseconds delay: Int64) {
        let loop = connection.loopOutlet.loop
        loop.execute(afterMicroseconds: delay) {
            Task(executorPreference: loop) { await connection.live() }
        }
    }

    /// The client's join request.
    private func request(of client: Int) -> JoinRequest {
        guard let epoch = clients[client].epoch, let cursor = clients[client].cursor,
            !chances.happens(perMille: 50)
        else { return .history(chances.happens(perMille: 300) ? chances.pick(0...8) : nil) }
        return .resume(after: cursor, epoch: profile.omitsEpoch ? nil : LogModel.epochName(epoch))
    }

    func retryLater(_ client: Int) {
        after(Int64(chances.pick(20_000...600_000))) { $0.comeBack(client) }
    }

    /// Carries frames to the client of a connection.
    func carry(_ frames: [Frame], over id: Int) {
        guard var link = links[id] else { return }
        link.dueAtClient = max(link.dueAtClient, scheduler.nowMicroseconds + netTrip())
        links[id] = link
        after(link.dueAtClient - scheduler.nowMicroseconds) { world in
            world.links[id]?.unread += frames
            world.read(id)
        }
    }

    /// Carries frames to the server of a client's connection, as one read.
    func carry(_ frames: [ClientFrame], from client: Int) {
        guard let id = clients[client].link, var link = links[id] else { return }
        link.dueAtServer = max(link.dueAtServer, scheduler.nowMicroseconds + netTrip())
        links[id] = link
        let connection = link.connection
        connection.loopOutlet.loop.execute(afterMicroseconds: link.dueAtServer - scheduler.nowMicroseconds) {
            connection.assumeIsolated { $0.received(frames) }
        }
    }

    /// Lets the client read what has arrived, unless it is stalled.
    func read(_ id: Int) {
        guard let link = links[id], !link.isReading, !clients[link.client].isStalled else { return }
        let pause = clients[link.client].readingMicroseconds
        let count = pause == 0 || !isFaulty ? link.unread.count : min(1, link.unread.count)
        guard count > 0 else { return }
        let frames = link.unread.prefix(count)
        links[id]?.unread.removeFirst(count)
        let connection = link.connection
        connection.loopOutlet.loop.execute { connection.assumeIsolated { $0.acknowledged(count) } }
        for frame in frames where links[id] != nil { take(frame, client: link.client, over: id) }
        guard links[id]?.unread.isEmpty == false else { return }
        links[id]?.isReading = true
        after(Int64(pause)) { world in
            world.links[id]?.isReading = false
            world.read(id)
        }
    }

    /// Disconnects a client without a close frame, perhaps for a long time. The server may notice late.
    func hangUp(_ client: Int, isLong: Bool) {
        guard let id = clients[client].link else { return }
        note { "\(clients[client].label) hangs up\(isLong ? " for long" : "")" }
        if isLong {
            clients[client].isAway = true
            after(Int64(chances.pick(500_000...4_000_000))) { world in
                world.clients[client].isAway = false
                world.comeBack(client)
            }
        }
        cut(id, serverNoticesAfter: chances.happens(perMille: 300) ? Int64(chances.pick(0...2_000_000)) : netTrip())
    }

    /// The client stops reading for a while.
    func stall(_ client: Int) {
        guard !clients[client].isStalled else { return }
        let microseconds = Int64(chances.pick(50_000...2_000_000))
        note { "\(clients[client].label) stalls for \(microseconds / 1000) ms" }
        clients[client].isStalled = true
        after(microseconds) { world in
            world.clients[client].isStalled = false
            if let id = world.clients[client].link { world.read(id) }
        }
    }

    /// Ends a connection; frames in transit are lost.
    func cut(_ id: Int, serverNoticesAfter delay: Int64 = 0) {
        guard let link = links.removeValue(forKey: id) else { return }
        let connection = link.connection
        connection.loopOutlet.loop.execute(afterMicroseconds: delay) {
            connection.assumeIsolated { $0.disconnected() }
        }
        guard clients[link.client].link == id else { return }
        clients[link.client].link = nil
        clients[link.client].isWelcome = false
        retryLater(link.client)
    }
}
