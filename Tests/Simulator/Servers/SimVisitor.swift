internal import Rooms

/// A connection that logs in with the changing session, sends some messages and leaves. It uses `LiveSessions` and
/// `RoomDirectory` as `Net` does.
actor SimVisitor {
    nonisolated let loopOutlet: SimOutlet
    nonisolated var unownedExecutor: UnownedSerialExecutor { loopOutlet.loop.asUnownedSerialExecutor() }

    private nonisolated let number: Int
    private nonisolated let node: Node
    private nonisolated let process: ProcessID
    private nonisolated let world: World
    private nonisolated let clock: SimClock
    /// The pause before each message, microseconds.
    private nonisolated let pauses: [Int]

    private var session: Session?
    private var isJoined = false
    /// Whether the session is gone or is in another room now.
    private var isOut = false

    /// A connection that was just accepted.
    init(number: Int, pauses: [Int], outlet: SimOutlet, node: Node, process: ProcessID, world: World) {
        self.number = number
        self.pauses = pauses
        self.loopOutlet = outlet
        self.node = node
        self.process = process
        self.world = world
        clock = SimClock(scheduler: world.scheduler)
    }

    /// Logs in, sends its messages, and leaves.
    func visit() async {
        await live()
        world.post { $0.visitors -= 1 }
    }

    private func live() async {
        guard let lookup = try? await node.liveSessions.lookup(key: "key"),
            case .entered(let entered) = try? await node.liveSessions.enter(lookup, self)
        else { return }
        // It was already notified of a later change.
        if session == nil { session = entered }
        if let room = try? await join() {
            isJoined = true
            for pause in pauses { await say(after: pause, in: room) }
            await room.leave(self)
        }
        node.liveSessions.leave(entered, self)
    }

    private func join() async throws(JoinError) -> Room? {
        for _ in 0..<3 {
            guard !isOut, let id = session?.room else { return nil }
            let (room, _) = try await node.directory.join(self, room: id, .history(0))
            if session?.room == id { return room }
            await room.leave(self)
        }
        return nil
    }

    private func say(after pause: Int, in room: Room) async {
        // Cancelled: the process has ended.
        guard (try? await clock.sleep(for: .microseconds(pause))) != nil else { return }
        guard !isOut, let session, session.role != .reader else { return }
        let text = "visit \(number).\(world.visitTexts.next())"
        world.post { [process] in $0.spoke(session, in: room.id, text, by: process) }
        _ = room.post([Draft(user: session.userName, text: text, clientID: nil)], from: self)
    }

    private func adopt(_ session: Session?) {
        guard let session else { return isOut = true }
        if isJoined, session.room != self.session?.room { isOut = true }
        self.session = session
    }
}

extension SimVisitor: Member {
    nonisolated var outlet: any Outlet { loopOutlet }
    nonisolated func deliver(_ broadcast: Broadcast) {}
    nonisolated func send(_ json: [UInt8]) {}
    nonisolated func sendAgain(_ message: EncodedMessage) {}
    nonisolated func startOver() { loopOutlet.loop.execute { self.assumeIsolated { $0.isOut = true } } }

    nonisolated func sessionChanged(to session: Session?) {
        loopOutlet.loop.execute { self.assumeIsolated { $0.adopt(session) } }
    }
}
