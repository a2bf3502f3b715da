internal import Rooms

/// A user's program: keeps a connection, shows what it is told, sends again what was not answered.
struct SimClient {
    /// Something it says.
    struct Send {
        /// What became of it, as far as the client knows.
        enum State {
            case waiting
            case shown
            case refused
            case unavailable
        }

        let text: String
        let id: String?
        var state = State.waiting
        /// The connections over which it went, one element each time.
        var links: [Int] = []
        /// Whether it is going to be said again after `unavailable`: once at a time, or retries would breed.
        var isRetrying = false
        /// By when it must be answered; nil while things go wrong.
        var dueMicroseconds: Int64?
        /// How often it was sent again by the server.
        var repeats = 0
    }

    let index: Int
    let name: String
    let room: RoomID
    /// Whether it tries again what is unavailable.
    let insists: Bool
    /// Whether it says things twice when they are not answered soon.
    let isImpatient: Bool
    /// Virtual microseconds for reading one frame; 0 for none.
    let readingMicroseconds: Int

    var link: Int?
    /// The past that its view is of; nil while it has seen none.
    var epoch: Int?
    /// The newest message it has seen; nil while it waits for the first one of a history.
    var cursor: Int64?
    /// Where the history that it waits for begins at the latest, and at the earliest.
    var expectedFirst: Int64 = 1
    var earliestFirst: Int64 = 1
    /// The numbers of its room, and the past, when it connected.
    var firstSeqAtRequest: Int64 = 1
    var lastSeqAtRequest: Int64 = 0
    var epochAtRequest = 0
    /// The newest number that it was told of when it was welcome.
    var lastSeqAtWelcome: Int64 = 0
    /// Whether it continues where it was, and has seen nothing since.
    var hasResumed = false
    var request = JoinRequest.history(nil)
    /// Whether it saw a message of a later past than its view's: it must be made to start over.
    var isBetweenPasts = false
    /// Whether a page of this connection reached further than its last message.
    var hadShortPage = false
    /// Whether its connection has begun to speak.
    var isWelcome = false
    var isStalled = false
    var isAway = false
    var sends: [Send] = []
    var sendCount = 0

    var label: String { "\(name)#\(link ?? 0)" }

    /// A client that has never been here.
    init(index: Int, room: RoomID, _ chances: inout Chances) {
        self.index = index
        name = "user-\(index)"
        self.room = room
        insists = chances.happens(perMille: 700)
        isImpatient = chances.happens(perMille: 300)
        readingMicroseconds = chances.pick(of: [0, 0, 0, 2000, 20_000])
    }
}

/// A connection between a client and a server process, as the network has it.
struct Link {
    let connection: SimConnection
    let client: Int
    let process: ProcessID
    /// When the last thing under way will arrive, each way: nothing overtakes on a connection.
    var dueAtClient: Int64 = 0
    var dueAtServer: Int64 = 0
    /// What has arrived and was not read.
    var unread: [Frame] = []
    var isReading = false
}
