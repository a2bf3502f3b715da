internal import Net
internal import Rooms

/// One run of a server process.
struct ProcessID: Sendable, Hashable, CustomStringConvertible {
    /// The machine.
    let server: Int
    /// The number of the run on that machine.
    let generation: Int

    var description: String { "server \(server).\(generation)" }
}

/// A machine that runs server processes, one after another.
struct SimServer {
    /// The state of the process.
    enum Phase {
        case down
        case up
        /// Stopping: it disconnects its clients, and stores and broadcasts their messages.
        case draining
    }

    let loops: [SimLoop]
    /// The thread of the database connections.
    let storeLoop: SimLoop
    let pool: SimPool
    var process: ProcessID
    var phase = Phase.down
    var node: Node?
    var outlets: [SimOutlet] = []
    var rates: SessionRates?
    var events: AsyncStream<StoreEvent>.Continuation?
    var tasks: [Task<Void, Never>] = []
    /// Whether the database cannot be reached from here.
    var isCutOff = false
    /// Whether all its threads are suspended.
    var isSuspended = false
    /// Whether the listening connection is broken.
    var isDeaf = false

    /// Its threads, except those of the pool.
    var threads: [SimLoop] { loops + [storeLoop] }

    /// A machine on which nothing runs.
    init(index: Int, loops: [SimLoop], storeLoop: SimLoop, pool: SimPool) {
        self.loops = loops
        self.storeLoop = storeLoop
        self.pool = pool
        process = ProcessID(server: index, generation: 0)
    }
}
