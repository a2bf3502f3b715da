/// A member's position in its room and its next step: the only path for joins, resumes, slow readers and live messages.
///
/// A member is *live* when everything that the room has is queued on its socket, and *behind* otherwise. The cursor
/// only moves forward, over everything that the log holds. So the client receives every message once and in order, even
/// if broadcasts are lost, doubled or reordered on the way here: a broadcast that does not continue at the cursor is
/// not written and causes a fetch instead.
public struct Feed: Sendable, Equatable {
    enum Phase: Equatable {
        case joining
        case live
        case fetching
        case stalled
    }

    /// What to do with an offered broadcast.
    public enum Offer: Sendable, Equatable {
        /// Write its messages after this number.
        case write(after: Int64)
        /// Write nothing; it comes later in a page, or was written before.
        case ignore
        /// Write nothing and fetch a page after the cursor.
        case fetch
    }

    /// What to do after a page, a drained socket or a failed fetch.
    public enum Next: Sendable, Equatable {
        /// Nothing: live, or waiting.
        case rest
        /// Fetch a page after the cursor.
        case fetch
    }

    /// Everything that the log holds up to this number is queued on the socket.
    public private(set) var cursor: Int64
    private var knownHead: Int64
    private(set) var phase: Phase

    /// A member whose starting point in the room is not known yet.
    public init() {
        self.cursor = 0
        self.knownHead = 0
        self.phase = .joining
    }

    /// Sets the cursor: the member has everything up to it, and its first page is being fetched.
    public mutating func join(after cursor: Int64) {
        guard phase == .joining else { return }
        self.cursor = cursor
        phase = .fetching
    }

    /// Whether broadcasts are written as they come.
    public var isLive: Bool { phase == .live }

    /// Decides about a broadcast that holds all messages of the log in `after + 1 ... last`.
    public mutating func offered(after: Int64, last: Int64, socketIsFull: Bool) -> Offer {
        knownHead = max(knownHead, last)
        guard phase == .live, last > cursor else { return .ignore }
        guard after <= cursor else {
            phase = .fetching
            return .fetch
        }
        guard !socketIsFull else {
            phase = .stalled
            return .ignore
        }
        defer { cursor = last }
        return .write(after: cursor)
    }

    /// Records that a page was written up to `through`, when the room was at `head`.
    public mutating func received(through: Int64, head: Int64, socketIsFull: Bool) -> Next {
        guard phase == .fetching else { return .rest }
        cursor = max(cursor, through)
        knownHead = max(knownHead, head)
        return proceed(socketIsFull: socketIsFull)
    }

    /// Records that the fetch failed; it is retried at the next `drained`.
    public mutating func fetchFailed() {
        guard phase == .fetching else { return }
        phase = .stalled
    }

    /// Called when the socket is writable again, or some time after a failed fetch.
    public mutating func drained() -> Next {
        guard phase == .stalled else { return .rest }
        phase = .fetching
        return .fetch
    }

    private mutating func proceed(socketIsFull: Bool) -> Next {
        if cursor >= knownHead {
            phase = .live
            return .rest
        }
        if socketIsFull {
            phase = .stalled
            return .rest
        }
        phase = .fetching
        return .fetch
    }
}
