internal import Rooms

/// All that is not the server's own code: the database, the bus between processes, the network, the clients, and what
/// goes wrong with them; and what is checked.
///
/// Runs on a loop of its own, so that what happens in the world falls between any two steps of the servers.
actor World {
    nonisolated let scheduler: Scheduler
    nonisolated let pools: Pools
    nonisolated let loop: SimLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    var chances: Chances
    let profile: Profile
    let narrate: (@Sendable (String) -> Void)?

    /// What the database holds, and what it held at the end of each past by its epoch.
    var log = LogModel()
    var pasts: [Int: LogModel] = [:]
    /// What a replica has that is behind.
    var replica = LogModel()
    /// Counts failovers: what was under way before is never done.
    var incarnation = 0
    var isStoreAway = false
    var calls: [Int: PendingCall] = [:]
    var callCount = 0
    var pendingWork = 0
    /// Calls of the store that each process has made.
    var callsMade: [ProcessID: Int] = [:]
    /// Until when slow statements hold the locks of rooms.
    var locks: [RoomID: Int64] = [:]
    /// Rooms whose numbers were out of range some time.
    var everSpoiled: Set<RoomID> = []
    /// Rooms that cannot be read for the moment.
    var unreadable: Set<RoomID> = []
    /// The names under which processes write.
    var writers: [ProcessID: WriterNames] = [:]
    nonisolated let writerNames = Counter()

    var servers: [SimServer] = []
    var clients: [SimClient] = []
    var links: [Int: Link] = [:]
    var linkCount = 0
    /// Who said each text: what may be in the log.
    var said: [String: String] = [:]
    /// Texts that the database refused, dropped or did not store in time when they were alone.
    var refusable: Set<String> = []
    /// Texts that were found to be stored before.
    var repeated: Set<String> = []
    /// Texts of batches of which the database did not know any more whether it had stored them.
    var uncertain: Set<String> = []
    /// By connection: errors that do not tell which message they are about.
    var namelessErrors: [Int: Int] = [:]
    var sqlSends = 0
    /// What each process took from its clients to be stored.
    var accepted: [ProcessID: [String]] = [:]

    /// The session that changes, the visitors that come with it or are to come, and those that came.
    var sessions = SessionHistory()
    var visitors = 0
    var visitCount = 0
    nonisolated let visitTexts = Counter()

    /// Whether things still go wrong.
    var isFaulty = true
    /// Whether clients have said what they must be answered within a bound.
    var hasProbed = false
    var shownCount = 0
    var isOver = false
    var violation: String?
    /// Virtual time since which nothing goes wrong any more.
    var calmMicroseconds: Int64 = 0
    /// Virtual time by which everything must be settled.
    var deadlineMicroseconds: Int64 = 0

    /// A world before its first moment.
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

    /// Does something in its turn; from anywhere.
    nonisolated func post(_ body: @escaping @Sendable (isolated World) -> Void) {
        loop.execute { self.assumeIsolated(body) }
    }

    /// Does something when so much time has passed.
    nonisolated func after(_ microseconds: Int64, _ body: @escaping @Sendable (isolated World) -> Void) {
        loop.execute(afterMicroseconds: microseconds) { self.assumeIsolated { if !$0.isOver { body($0) } } }
    }

    /// A line of the story, if anybody listens.
    func note(_ line: () -> String) {
        guard let narrate else { return }
        let microseconds = scheduler.nowMicroseconds
        narrate("\(microseconds / 1000).\(String(microseconds % 1000 + 1000).dropFirst()) ms  \(line())")
    }

    /// Something happened that must not: the simulation ends here.
    func fail(_ what: String) {
        guard violation == nil else { return }
        violation = what
        note { "VIOLATION: \(what)" }
        scheduler.stop()
    }

    /// Lets the world begin.
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
            clients.append(SimClient(index: index, room: RoomID(Int32(index % profile.rooms)), &chances))
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
        var inbox = profile.inboxMessages
        while inbox > 0 {
            let count = min(inbox, chances.pick(1...3))
            inbox -= count
            after(moment()) { $0.sayBySQL(count) }
        }
    }

    /// Some moment while things go wrong.
    func moment() -> Int64 { Int64(chances.pick(0...Int(profile.faultMicroseconds))) }

    /// Ends everything, so that nothing is left in memory.
    func end() {
        isOver = true
        for server in servers.indices where servers[server].phase != .down { crash(server) }
        failCalls()
        servers = []
        clients = []
        links = [:]
    }
}
