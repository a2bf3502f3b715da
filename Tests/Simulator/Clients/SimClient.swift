internal import Rooms

/// A user's program: keeps a connection, displays messages, and repeats sends that were not answered.
struct SimClient {
    /// A message that it sends.
    struct Send {
        /// Its state, as far as the client knows.
        enum State {
            case waiting
            case shown
            case refused
            case unavailable
        }

        let text: String
        let id: String?
        var state = State.waiting
        /// The connections over which it was sent, one element for each time.
        var links: [Int] = []
        /// Whether a retry after `unavailable` is pending: at most one at a time, or retries would multiply.
        var isRetrying = false
        /// The time limit of its answer; nil while faults are active.
        var dueMicroseconds: Int64?
        /// How often the server has sent it again.
        var repeats = 0
    }

    let index: Int
    let name: String
    let room: RoomID
    /// Whether it asks for changes of messages.
    let view: LogView
    let isModerator: Bool
    /// Whether it retries messages that were answered with `unavailable`.
    let insists: Bool
    /// Whether it sends messages twice if they are not answered soon.
    let isImpatient: Bool
    /// Virtual microseconds for reading one frame; 0 for no delay.
    let readingMicroseconds: Int

    var link: Int?
    /// The epoch of its view; nil before the first one.
    var epoch: Int?
    /// The newest message it has seen; nil while it waits for the first one of a history.
    var cursor: Int64?
    /// The latest and the earliest number at which the history that it waits for may begin.
    var expectedFirst: Int64 = 1
    var earliestFirst: Int64 = 1
    /// The numbers of its room, and the epoch, when it connected.
    var firstSeqAtRequest: Int64 = 1
    var lastSeqAtRequest: Int64 = 0
    var epochAtRequest = 0
    /// The newest number in its welcome.
    var lastSeqAtWelcome: Int64 = 0
    /// Whether it has resumed and has received no message since.
    var hasResumed = false
    var request = JoinRequest.history(nil)
    /// Whether it received a message of a later epoch than its view's: it must be made to start over.
    var isBetweenPasts = false
    /// Whether a page of this connection reached further than its last message.
    var hadShortPage = false
    /// Whether it has received the welcome of its connection.
    var isWelcome = false
    var isStalled = false
    var isAway = false
    /// What it displays, if it asks for changes.
    var shown = ClientView()
    /// The newest messages that it has seen, a few.
    var seen: [Int64] = []
    var commands: [ClientCommand] = []
    var sends: [Send] = []
    var sendCount = 0

    var label: String { "\(name)#\(link ?? 0)" }

    /// A client that has not connected yet.
    init(index: Int, room: RoomID, _ profile: Profile, _ chances: inout Chances) {
        self.index = index
        name = "user-\(index)"
        self.room = room
        view = chances.happens(perMille: profile.askersPerMille) ? .changes : .messages
        isModerator = chances.happens(perMille: 200)
        insists = chances.happens(perMille: 700)
        isImpatient = chances.happens(perMille: 300)
        readingMicroseconds = chances.pick(of: [0, 0, 0, 2000, 20_000])
    }
}

/// A connection between a client and a server process, as the network sees it.
struct Link {
    let connection: SimConnection
    let client: Int
    let process: ProcessID
    /// When the last frame in transit arrives, in each direction: a connection keeps the order of frames.
    var dueAtClient: Int64 = 0
    var dueAtServer: Int64 = 0
    /// The frames that have arrived and are not read.
    var unread: [Frame] = []
    var isReading = false
}
