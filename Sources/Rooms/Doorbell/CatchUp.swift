internal import CoreMetrics
internal import DequeModule
internal import Logging
internal import Synchronization

/// Reads messages that rooms have missed: one query at a time for all waiting rooms, so that the number of queries
/// depends on the query rate and not on the number of rooms.
final class CatchUp: Sendable {
    private struct State {
        var waiting: Deque<Room> = []
        /// The ids of the rooms in `waiting`; a room waits only once.
        var wanted: Set<RoomID> = []
        /// The rooms whose news the database refused in the last read; at most `roomsMax`.
        var unreadable: Set<RoomID> = []
        /// The maximum number of rooms in the next query.
        var size: BatchSize
    }

    private let state: Mutex<State>
    private let signal = Signal()
    private let store: any MessageStore
    private let limits: RoomLimits
    private let metrics: RoomMetrics
    private let logger: Logger
    private let clock: any Clock<Duration>

    init(
        store: any MessageStore, limits: RoomLimits, metrics: RoomMetrics, logger: Logger, clock: any Clock<Duration>
    ) {
        let size = BatchSize(
            first: limits.catchUpRoomsMax, ceiling: limits.catchUpRoomsMax, target: limits.batchTarget,
            shrink: limits.batchShrink)
        state = Mutex(State(size: size))
        self.store = store
        self.limits = limits
        self.metrics = metrics
        self.logger = logger
        self.clock = clock
    }

    /// Queues a room to receive what the store has after its newest message. Returns at once. From any isolation.
    ///
    /// The queue is bounded by the number of rooms in memory.
    func want(_ room: Room) {
        let isNew = state.withLock { state in
            guard state.wanted.insert(room.id).inserted else { return false }
            state.waiting.append(room)
            return true
        }
        if isNew { signal.set() }
    }

    /// Reads until cancelled; retries while the store is unavailable.
    func run() async {
        while await signal.wait() {
            while !Task.isCancelled {
                let rooms = take()
                guard !rooms.isEmpty else { break }
                await read(for: rooms)
            }
        }
    }

    private func take() -> [Room] {
        state.withLock { state in
            let rooms = Array(state.waiting.prefix(state.size.messagesMax))
            state.waiting.removeFirst(rooms.count)
            for room in rooms { state.wanted.remove(room.id) }
            return rooms.sorted { $0.id < $1.id }
        }
    }

    private func read(for rooms: [Room]) async {
        var byID: [RoomID: Room] = [:]
        var known: [RoomSpan] = []
        for room in rooms {
            // A room that is not open reads everything when it opens.
            guard let span = room.span else { continue }
            if byID.updateValue(room, forKey: room.id) == nil { known.append(span) }
        }
        guard !known.isEmpty else { return }
        metrics.catchUps.increment()
        let askedAt = ContinuousClock.now
        let elapsed = clock.stopwatch()
        do throws(StoreError) {
            let news = try await store.news(
                after: known, limit: limits.pageMessagesMax, bytes: limits.catchUpBytesMax)
            state.withLock { state in
                state.size.stored(known.count, in: elapsed())
                state.unreadable.subtract(known.map(\.room))
            }
            for news in news {
                guard let room = byID[news.span.room] else { continue }
                if await room.take(news, askedAt: askedAt) { want(room) }
            }
        } catch {
            if error.isTimeout, rooms.count > 1 {
                // Read fewer rooms at a time. The smaller size is kept, because each attempt may cost a full statement
                // time-out.
                state.withLock { $0.size.timedOut(known.count) }
                for room in rooms { want(room) }
                return
            }
            if case .rejected = error { return await readApart(rooms, error) }
            for room in rooms { want(room) }
            // Cancellation ends the pause, and the loop with it.
            try? await clock.sleep(for: limits.retryPause)
        }
    }

    /// Halves the rooms whose news the database refuses, until the refused room is alone. That room is read again with
    /// the next regular check.
    private func readApart(_ rooms: [Room], _ error: StoreError) async {
        guard rooms.count > 1 else {
            // Log once, not with every check.
            for room in rooms where isFirstRefusal(of: room.id) {
                logger.log(.notice, .roomUnreadable, ["room": "\(room.id)", "reason": "\(error.reason)"])
            }
            return
        }
        let middle = rooms.count / 2
        await read(for: Array(rooms[..<middle]))
        await read(for: Array(rooms[middle...]))
    }

    private func isFirstRefusal(of room: RoomID) -> Bool {
        state.withLock { state in
            if state.unreadable.count >= limits.roomsMax { state.unreadable = [] }
            return state.unreadable.insert(room).inserted
        }
    }
}
