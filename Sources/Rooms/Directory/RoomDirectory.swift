internal import CoreMetrics
internal import Synchronization

/// The rooms alive in this process: made when somebody comes, let go when nobody is left.
public final class RoomDirectory: Sendable {
    private let rooms = Mutex<[RoomID: Room]>([:])
    private let executors: [any SerialExecutor]
    private let store: any MessageStore
    private let log: MessageLog
    private let limits: RoomLimits
    private let metrics: RoomMetrics

    /// An empty directory.
    ///
    /// - Parameter executors: the event loops over which rooms are spread, at least one.
    public init(
        executors: [any SerialExecutor], store: any MessageStore, log: MessageLog, limits: RoomLimits,
        metrics: RoomMetrics
    ) {
        precondition(!executors.isEmpty, "a room needs an executor")
        self.executors = executors
        self.store = store
        self.log = log
        self.limits = limits
        self.metrics = metrics
    }

    /// Adds a member to a room, which comes to life if need be.
    public func join(
        _ member: any Member, room id: RoomID, _ request: JoinRequest
    ) async throws(JoinError) -> (room: Room, joined: Joined) {
        while true {
            let room = try room(id)
            do {
                return (room, try await room.join(member, request))
            } catch .retired {
                forget(room)
            }
        }
    }

    /// Shows messages that were stored by others than this process's members; rooms without members need none.
    public func committed(_ messages: [StoredMessage]) async {
        var start = 0
        while start < messages.count {
            let id = messages[start].room
            let end = messages[start...].firstIndex { $0.room != id } ?? messages.count
            if let room = rooms.withLock({ $0[id] }) {
                await room.committed(messages[start..<end].map(EncodedMessage.init))
            }
            start = end
        }
    }

    /// Makes every room read what it may have missed.
    public func resync() async {
        for room in rooms.withLock({ Array($0.values) }) { await room.resync() }
    }

    /// Lets go of the rooms that nobody needs.
    public func retireIdle() async {
        for room in rooms.withLock({ Array($0.values) }) where await room.retireIfIdle() { forget(room) }
    }

    private func room(_ id: RoomID) throws(JoinError) -> Room {
        let room = rooms.withLock { rooms -> Room? in
            if let room = rooms[id] { return room }
            guard rooms.count < limits.roomsMax else { return nil }
            let executor = executors[Int(UInt32(bitPattern: id.rawValue)) % executors.count]
            let room = Room(
                id, executor: executor, store: store, log: log, limits: limits, metrics: metrics)
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
