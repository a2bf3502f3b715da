internal import CoreMetrics
internal import Synchronization

/// The rooms in memory in this process. A room is created when the first member joins and removed when it is idle.
public final class RoomDirectory: Sendable {
    private let rooms = Mutex<[RoomID: Room]>([:])
    private let outlets: [any Outlet]
    private let store: any MessageStore
    private let queue: MessageQueue
    private let catchUp: CatchUp
    private let limits: RoomLimits
    private let metrics: RoomMetrics

    /// An empty directory.
    ///
    /// - Parameter outlets: the event loops over which rooms are spread, at least one.
    init(
        outlets: [any Outlet], store: any MessageStore, queue: MessageQueue, catchUp: CatchUp,
        limits: RoomLimits, metrics: RoomMetrics
    ) {
        precondition(!outlets.isEmpty, "a room needs an event loop")
        self.outlets = outlets
        self.store = store
        self.queue = queue
        self.catchUp = catchUp
        self.limits = limits
        self.metrics = metrics
    }

    /// Adds a member to a room; creates the room if necessary.
    public func join(
        _ member: any Member, room id: RoomID, _ request: JoinRequest, view: LogView = .messages
    ) async throws(JoinError) -> (room: Room, joined: Joined) {
        while true {
            let room = try room(id)
            do {
                return (room, try await room.join(member, request, view: view))
            } catch .retired {
                forget(room)
            }
        }
    }

    /// Broadcasts messages that were not sent by members of this process. Rooms without members are skipped. Does not
    /// wait.
    ///
    /// - Parameter askedAt: when the store was queried.
    func committed(_ runs: [LogRun], askedAt: ContinuousClock.Instant) {
        var turns = RoomTurns<(room: Room, run: LogRun)>()
        for run in runs {
            guard let room = rooms.withLock({ $0[run.room] }) else { continue }
            turns.add((room, run), in: room)
        }
        turns.run { work, home in
            var deliveries = Deliveries()
            for (room, run) in work {
                room.assumeIsolated { $0.committed(EncodedRun(run), askedAt: askedAt, into: &deliveries) }
            }
            deliveries.send(from: home)
        }
    }

    /// Handles a hint that other processes have stored messages up to these positions.
    func received(_ positions: [RoomPosition]) async {
        for position in positions {
            guard let room = rooms.withLock({ $0[position.room] }) else { continue }
            // No hop if the room already has these messages.
            if let span = room.span, span.lastSeq >= position.seq { continue }
            await room.suspect(through: position.seq)
        }
    }

    /// Makes every room read what it may have missed.
    func resync() async {
        for room in alive {
            if room.span == nil { await room.suspect(through: .max) } else { catchUp.want(room) }
        }
    }

    /// Gives every room the current epoch.
    func renew(epoch: String) async {
        for room in alive { await room.renew(epoch: epoch) }
    }

    /// Removes idle rooms.
    func retireIdle() async {
        for room in alive where await room.retireIfIdle() { forget(room) }
    }

    private var alive: [Room] { rooms.withLock { $0.values.sorted { $0.id < $1.id } } }

    private func room(_ id: RoomID) throws(JoinError) -> Room {
        let room = rooms.withLock { rooms -> Room? in
            if let room = rooms[id] { return room }
            guard rooms.count < limits.roomsMax else { return nil }
            let home = outlets[Int(UInt32(bitPattern: id.rawValue)) % outlets.count]
            let room = Room(
                id, home: home, store: store, queue: queue, catchUp: catchUp, limits: limits, metrics: metrics)
            rooms[id] = room
            metrics.rooms.record(rooms.count)
            return room
        }
        guard let room else {
            metrics.roomsRefused.increment()
            throw .overloaded
        }
        return room
    }

    private func forget(_ room: Room) {
        rooms.withLock { rooms in
            guard rooms[room.id] === room else { return }
            rooms[room.id] = nil
            metrics.rooms.record(rooms.count)
        }
    }
}
