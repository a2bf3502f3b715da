internal import CoreMetrics
internal import DequeModule
internal import Synchronization

/// Reads what rooms have missed: one query at a time for all rooms that wait, so that what a process reads depends on
/// how often it reads and not on how many rooms it has.
final class CatchUp: Sendable {
    private struct State {
        var waiting: Deque<Room> = []
        /// Those in `waiting`: a room waits once.
        var wanted: Set<RoomID> = []
    }

    private let state = Mutex(State())
    private let wake: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private let store: any MessageStore
    private let limits: RoomLimits
    private let metrics: RoomMetrics
    private let clock: any Clock<Duration>

    init(store: any MessageStore, limits: RoomLimits, metrics: RoomMetrics, clock: any Clock<Duration>) {
        (wake, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.store = store
        self.limits = limits
        self.metrics = metrics
        self.clock = clock
    }

    /// The room is to be given what the store has after its newest message; returns at once. From any isolation.
    ///
    /// Bounded by the number of rooms alive.
    func want(_ room: Room) {
        let isNew = state.withLock { state in
            guard state.wanted.insert(room.id).inserted else { return false }
            state.waiting.append(room)
            return true
        }
        if isNew { waker.yield() }
    }

    /// Reads until cancelled, however long the store is away.
    func run() async {
        for await _ in wake {
            while !Task.isCancelled {
                let rooms = take()
                guard !rooms.isEmpty else { break }
                await read(for: rooms)
            }
        }
    }

    private func take() -> [Room] {
        state.withLock { state in
            let rooms = Array(state.waiting.prefix(limits.catchUpRoomsMax))
            state.waiting.removeFirst(rooms.count)
            for room in rooms { state.wanted.remove(room.id) }
            return rooms.sorted { $0.id < $1.id }
        }
    }

    private func read(for rooms: [Room]) async {
        var byID: [RoomID: (room: Room, head: Int64)] = [:]
        var known: [RoomPosition] = []
        for room in rooms {
            // One that is not open reads everything when it opens.
            guard let head = room.head else { continue }
            if byID.updateValue((room, head), forKey: room.id) == nil {
                known.append(RoomPosition(room: room.id, seq: head))
            }
        }
        guard !known.isEmpty else { return }
        metrics.catchUps.increment()
        let askedAt = ContinuousClock.now
        do {
            let news = try await store.news(
                after: known, limit: limits.pageMessagesMax, bytes: limits.catchUpBytesMax)
            for news in news {
                guard let (room, head) = byID[news.room] else { continue }
                if await room.take(news, after: head, askedAt: askedAt) { want(room) }
            }
        } catch {
            for room in rooms { want(room) }
            // Cancellation ends the pause, and the loop with it.
            try? await clock.sleep(for: limits.retryPause)
        }
    }
}
