internal import Rooms

/// The store as one server process reaches it: every call travels to the database of the world and back, and may fail
/// on the way.
struct SimStore: MessageStore {
    let world: World
    let process: ProcessID

    func openRoom(_ room: RoomID, recent: Int) async throws(StoreError) -> RoomSnapshot {
        try await call(.open) { .success($0.log.openRoom(room, recent: recent)) }
    }

    func append(_ batch: Batch) async throws(StoreError) -> Receipt {
        let process = process
        return try await call(.append) { world in
            world.checkBatch(batch)
            let result = world.log.append(batch)
            world.note { "\(process) stores \(batch.groups.map { "\($0.room): \($0.drafts.map(\.text))" }): \(result)" }
            return result
        }
    }

    func messages(
        in room: RoomID, after: Int64, through: Int64, limit: Int, bytes: Int
    ) async throws(StoreError) -> [StoredMessage] {
        try await call(.read) { world in
            .success(world.log.messages(in: room, after: after, through: through, limit: limit, bytes: bytes))
        }
    }

    func messages(in room: RoomID, before: Int64, limit: Int) async throws(StoreError) -> [StoredMessage] {
        try await call(.read) { .success($0.log.messages(in: room, before: before, limit: limit)) }
    }

    func drainInbox(limit: Int) async throws(StoreError) -> [StoredMessage] {
        try await call(.drain) { world in
            // Another process may be at it, and then there is nothing to be had.
            world.chances.happens(perMille: 100) ? .success([]) : .success(world.log.drainInbox(limit: limit))
        }
    }

    func news(after known: [RoomPosition], limit: Int, bytes: Int) async throws(StoreError) -> [RoomNews] {
        try await call(.read) { .success($0.log.news(after: known, limit: limit, bytes: bytes)) }
    }

    func epoch() async throws(StoreError) -> String {
        try await call(.read) { .success($0.log.epochName) }
    }

    func ring(_ positions: [RoomPosition]?) async throws(StoreError) {
        let process = process
        try await call(.ring) { world in
            world.publish(positions.map { .news($0) } ?? .resync, except: process)
            return .success(())
        }
    }

    private func call<Value: Sendable>(
        _ call: StoreCall, _ work: @escaping @Sendable (isolated World) -> Result<Value, StoreError>
    ) async throws(StoreError) -> Value {
        let (world, process) = (world, process)
        return try await withCheckedContinuation { continuation in
            world.post { $0.carry(call, from: process, work, continuation) }
        }.get()
    }
}
