internal import Rooms

/// One life of a server process.
struct ProcessID: Sendable, Hashable, CustomStringConvertible {
    /// Which machine.
    let server: Int
    /// Which life of it.
    let generation: Int

    var description: String { "server \(server).\(generation)" }
}

/// A machine that runs a server process, or one after another.
struct SimServer {
    /// How far the process is.
    enum Phase {
        case down
        case up
        /// Told to stop: sends its clients away, stores and shows what they have said.
        case draining
    }

    let loops: [SimLoop]
    /// The thread of the database's connections.
    let storeLoop: SimLoop
    let pool: SimPool
    var process: ProcessID
    var phase = Phase.down
    var node: Node?
    var outlets: [SimOutlet] = []
    var events: AsyncStream<StoreEvent>.Continuation?
    var tasks: [Task<Void, Never>] = []
    /// Whether the database cannot be reached from here.
    var isCutOff = false
    /// Whether none of its threads runs.
    var isSuspended = false
    /// Whether the connection that listens is broken.
    var isDeaf = false

    /// Its threads, but those of the pool.
    var threads: [SimLoop] { loops + [storeLoop] }

    /// A machine on which nothing runs.
    init(index: Int, loops: [SimLoop], storeLoop: SimLoop, pool: SimPool) {
        self.loops = loops
        self.storeLoop = storeLoop
        self.pool = pool
        process = ProcessID(server: index, generation: 0)
    }
}
