internal import Rooms

/// Everything except the server's own code: the database, the bus between processes, the network, the clients, their
/// faults, and the checks.
///
/// Runs on its own loop, so that events in the world occur between any two steps of the servers.
actor World {
    nonisolated let scheduler: Scheduler
    nonisolated let pools: Pools
    nonisolated let loop: SimLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    var chances: Chances
    let profile: Profile
    let narrate: (@Sendable (String) -> Void)?

    /// The current database, and the databases at the end of earlier epochs, by epoch.
    var log = LogModel()
    var pasts: [Int: LogModel] = [:]
    /// The state of a replica, which may lag.
    var replica = LogModel()
    /// Counts failovers: calls that were in progress before one never take effect.
    var incarnation = 0
    var isStoreAway = false
    var calls: [Int: PendingCall] = [:]
    var callCount = 0
    var pendingWork = 0
    /// The number of store calls of each process.
    var callsMade: [ProcessID: Int] = [:]
    /// The time until which slow statements hold the locks of rooms.
    var locks: [RoomID: Int64] = [:]
    /// Rooms whose numbers have been out of range at some time.
    var everSpoiled: Set<RoomID> = []
    /// Rooms that cannot be read at present.
    var unreadable: Set<RoomID> = []
    /// The writer names of the processes.
    var writers: [ProcessID: WriterNames] = [:]
    nonisolated let writerNames = Counter()

    var servers: [SimServer] = []
    var clients: [SimClient] = []
    var links: [Int: Link] = [:]
    var linkCount = 0
    /// The sender of each text: the texts that may be in the log.
    var said: [String: String] = [:]
    /// Texts that the database rejected, dropped or did not store in time when they were alone in a batch.
    var refusable: Set<String> = []
    /// Texts that a receipt reported as already stored.
    var repeated: Set<String> = []
    /// Texts of messages that were deleted before a process received the receipt of their batch: it then answers the sender
    /// with the row of the log.
    var outdated: Set<String> = []
    /// Texts of batches whose outcome the database no longer knew.
    var uncertain: Set<String> = []
    /// What processes were told of the commands to change messages, by id.
    var changeAnswers: [String: ChangeAnswers] = [:]
    /// The number of errors, and of commands done, without an id, by connection.
    var namelessReplies: [Int: Int] = [:]
    var sqlSends = 0
    /// The texts that each process accepted from its clients for storing.
    var accepted: [ProcessID: [String]] = [:]

    /// The sessions of the visitor by key, and the keys in the order of their creation.
    var sessions: [String: SessionHistory] = [:]
    var keys: [String] = []
    /// The number of visits that have not ended or are still to come, and those that the client has not ended.
    var visitors = 0
    var visits: [Int: Visit] = [:]
    let visitNumbers = Counter()
    /// The messages of the visitor that were not answered.
    var visitorSends: [VisitorMessage] = []
    /// The names under which each text of the visitor was accepted.
    var visitorNames: [String: Set<String>] = [:]
    /// When a process accepted the messages of a session.
    var accepts: [String: [UInt64]] = [:]

    /// Whether faults are still active.
    var isFaulty = true
    /// Whether clients have sent the messages that must be answered within a time limit.
    var hasProbed = false
    var shownCount = 0
    var isOver = false
    var violation: String?
    /// The virtual time at which the faults ended.
    var calmMicroseconds: Int64 = 0
    /// The virtual time by which everything must be settled.
    var deadlineMicroseconds: Int64 = 0

    /// A world that has not started.
    init(
        _ scheduler: Scheduler, pools: Pools, chances: Chances, profile: Profile,
        narrate: (@Sendable (String) -> Void)?
    ) {
        self.scheduler = scheduler
        self.pools = pools
        loop = SimLoop(scheduler)
        self.chances = chances
        self.profile = profile
        self.narrate = narrate
    }

    /// Runs the body on the world's loop, in its turn. From any isolation.
    nonisolated func post(_ body: @escaping @Sendable (isolated World) -> Void) {
        loop.execute { self.assumeIsolated(body) }
    }

    /// Runs the body on the world's loop after this time.
    nonisolated func after(_ microseconds: Int64, _ body: @escaping @Sendable (isolated World) -> Void) {
        loop.execute(afterMicroseconds: microseconds) { self.assumeIsolated { if !$0.isOver { body($0) } } }
    }

    /// Passes a line to `narrate`, if it is set.
    func note(_ line: () -> String) {
        guard let narrate else { return }
        let microseconds = scheduler.nowMicroseconds
        narrate("\(microseconds / 1000).\(String(microseconds % 1000 + 1000).dropFirst()) ms  \(line())")
    }

    /// Records a violation and ends the simulation.
    func fail(_ what: String) {
        guard violation == nil else { return }
        violation = what
        note { "VIOLATION: \(what)" }
        scheduler.stop()
    }

    /// Starts the world.
    func begin() {
        note { "\(profile)" }
        log.statementMessagesMax = profile.will.statementMessagesMax
        if profile.will.hasSlowRoom { log.slowRooms = [RoomID(0)] }
        replica = log
        for server in 0..<profile.servers {
            servers.append(
                SimServer(
                    index: server, loops: (0..<profile.loopsPerServer).map { _ in SimLoop(scheduler) },
                    storeLoop: SimLoop(scheduler), pool: SimPool(scheduler, pools)))
            start(server)
        }
        for index in 0..<profile.clients {
            clients.append(SimClient(index: index, room: RoomID(Int32(index % profile.rooms)), profile, &chances))
            let moment = profile.hasLateComers ? moment() : Int64(chances.pick(0...300_000))
            after(moment) { $0.comeBack(index) }
        }
        planSends()
        planFaults()
        planWill()
        planVisits()
    }

    private func planSends() {
        var left = profile.sends
        while left > 0 {
            let count = min(left, chances.pick(of: [1, 1, 1, 2, 5]))
            left -= count
            let client = chances.pick(0...profile.clients - 1)
            after(moment()) { world in for _ in 0..<count { world.say(client) } }
        }
        for _ in 0..<profile.changes {
            let client = chances.pick(0...profile.clients - 1)
            after(moment()) { $0.change(client) }
        }
        for _ in 0..<profile.inboxChanges { after(moment()) { $0.changeBySQL() } }
        var inbox = profile.inboxMessages
        while inbox > 0 {
            let count = min(inbox, chances.pick(1...3))
            inbox -= count
            after(moment()) { $0.sayBySQL(count) }
        }
    }

    /// A random moment while faults are active.
    func moment() -> Int64 { Int64(chances.pick(0...Int(profile.faultMicroseconds))) }

    /// Ends everything and frees the memory.
    func end() {
        isOver = true
        for server in servers.indices where servers[server].phase != .down { crash(server) }
        failCalls()
        servers = []
        clients = []
        links = [:]
    }
}
