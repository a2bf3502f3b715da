/// A member's position in its room and its next step: the only path for joins, resumes, slow readers and live messages.
///
/// A member is *live* when everything that the room has is queued on its socket, and *behind* otherwise. The cursor
/// only moves forward, over everything that the log holds. So the client receives every message once and in order, even
/// if broadcasts are lost, doubled or reordered on the way here: a broadcast that does not continue at the cursor is
/// not written and causes a fetch instead.
///
/// A value: the connection reports what happens, and performs what is returned.
public struct Feed: Sendable, Equatable {
    enum Phase: Equatable {
        case joining
        case live
        case fetching
        case stalled
        case left
    }

    /// What to do with an offered broadcast.
    public enum Offer: Sendable, Equatable {
        /// Write nothing; it comes later in a page, or was written before.
        case ignore
        /// Write all its messages.
        case writeAll
        /// Write these messages of it; the client has the others.
        case write(ArraySlice<EncodedMessage>)
        /// Write nothing and fetch a page after the cursor.
        case fetch
        /// Write nothing: the socket is full. The member is behind until `drained`.
        case demote
    }

    /// What to do next.
    public enum Next: Sendable, Equatable {
        /// Nothing: live, or waiting.
        case rest
        /// Fetch a page after the cursor, then call `fetched` or `fetchFailed`.
        case fetch
        /// Write these messages, perhaps none, then call `wrote`.
        case write(ArraySlice<EncodedMessage>)
        /// Close the connection: the store refuses to read the log of this room.
        case close
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

    /// Whether broadcasts are written as they come.
    public var isLive: Bool { phase == .live }

    /// Whether a message that was stored before can be sent again. If not, the client receives it in order.
    public func hasPassed(_ message: EncodedMessage) -> Bool { message.seq <= cursor }

    /// Records that the welcome was written, with the messages of its page if there is one.
    public mutating func joined(_ joined: Joined, socketIsFull: Bool) -> Next {
        guard phase == .joining else { return .rest }
        cursor = joined.cursor
        phase = .fetching
        guard let page = joined.page else { return .fetch }
        take(page)
        return wrote(socketIsFull: socketIsFull)
    }

    /// Decides about a broadcast.
    public mutating func offered(_ broadcast: Broadcast, socketIsFull: Bool) -> Offer {
        let last = broadcast.last
        knownHead = max(knownHead, last)
        guard phase == .live, last > cursor else { return .ignore }
        guard broadcast.after <= cursor else {
            phase = .fetching
            return .fetch
        }
        guard !socketIsFull else {
            phase = .stalled
            return .demote
        }
        let seen = cursor
        cursor = last
        guard !broadcast.messages.isEmpty else { return .ignore }
        return broadcast.after == seen ? .writeAll : Self.offer(broadcast, after: seen)
    }

    /// Records a page that was fetched after the cursor.
    public mutating func fetched(_ page: Page) -> Next {
        guard phase == .fetching else { return .rest }
        take(page)
        return .write(page.messages[...])
    }

    /// Records that the messages of a page are written.
    public mutating func wrote(socketIsFull: Bool) -> Next {
        guard phase == .fetching else { return .rest }
        if cursor >= knownHead {
            phase = .live
            return .rest
        }
        if socketIsFull {
            phase = .stalled
            return .rest
        }
        return .fetch
    }

    /// Records that the fetch failed; it is retried at the next `drained`.
    public mutating func fetchFailed(_ error: StoreError) -> Next {
        guard phase == .fetching else { return .rest }
        // A retry would be rejected again.
        if case .rejected = error { return .close }
        phase = .stalled
        return .rest
    }

    /// Called when the socket is writable again, or some time after a failed fetch.
    public mutating func drained() -> Next {
        guard phase == .stalled else { return .rest }
        phase = .fetching
        return .fetch
    }

    /// Records that nothing more can be written.
    public mutating func left() { phase = .left }

    private mutating func take(_ page: Page) {
        cursor = max(cursor, page.through)
        knownHead = max(knownHead, page.head)
    }

    /// The part of a broadcast after a number.
    private static func offer(_ broadcast: Broadcast, after seen: Int64) -> Offer {
        let rest = broadcast.messages.drop { $0.seq <= seen }
        if rest.count == broadcast.messages.count { return .writeAll }
        return rest.isEmpty ? .ignore : .write(rest)
    }
}
