internal import Rooms

/// The store as one server process reaches it: every call travels to the world's database and back, and may fail on the
/// way.
struct SimStore: MessageStore {
    let world: World
    let process: ProcessID
    let writers: WriterNames
    let executor: any SerialExecutor

    func openRoom(_ room: RoomID, recent: Int) async throws(StoreError) -> RoomSnapshot {
        let process = process
        return try await call(.open) { world in
            world.reading([room], by: process) { $0.log.openRoom(room, recent: recent) }
        }
    }

    func append(_ batch: Batch) async throws(StoreError) -> Receipt {
        let use = WriterNames.Use.messages(batch.id.lane)
        let writer = try await registered(use)
        writers.stores(batch)
        let process = process
        do throws(StoreError) {
            let receipt = try await call(.append) { world in
                world.checkBatch(batch)
                return world.writing(batch.groups.map(\.room)) { world in
                    let result = world.log.append(batch, from: writer)
                    world.note {
                        "\(process) stores \(batch.id.lane) \(batch.id.number) "
                            + "\(batch.groups.map { "\($0.room): \($0.drafts.map(\.text))" }): \(result)"
                    }
                    return result
                }
            }
            world.post { $0.answered(batch, receipt) }
            return receipt
        } catch {
            world.post { $0.failed(batch, error) }
            throw renamed(error, writer, use)
        }
    }

    func settle(_ batch: BatchID) async throws(StoreError) -> Bool {
        let writer = writers.current(.messages(batch.lane)).id
        do throws(StoreError) {
            return try await call(.settle) { .ends($0.log.settle(batch, from: writer)) }
        } catch {
            if error == .forgotten, let last = writers.lastBatch(batch.lane) {
                world.post { $0.failed(last, error) }
            }
            throw renamed(error, writer, .messages(batch.lane))
        }
    }

    /// The writer for a use, which is registered in the database before its first batch.
    private func registered(_ use: WriterNames.Use) async throws(StoreError) -> LogModel.WriterID {
        let (id, isRegistered) = writers.current(use)
        if !isRegistered {
            try await call(.register) { world in
                world.log.register(id)
                return .ends(.success(()))
            }
            writers.registered(id, use)
        }
        return id
    }

    private func renamed(_ error: StoreError, _ id: LogModel.WriterID, _ use: WriterNames.Use) -> StoreError {
        if error == .forgotten { writers.forgotten(id, use) }
        return error
    }

    func messages(
        in room: RoomID, after: Int64, through: Int64, limit: Int, bytes: Int
    ) async throws(StoreError) -> RoomNews {
        let process = process
        return try await call(.read) { world in
            world.reading([room], by: process) {
                $0.log.messages(in: room, after: after, through: through, limit: limit, bytes: bytes)
            }
        }
    }

    func change(_ batch: ChangeBatch) async throws(StoreError) -> ChangeReceipt {
        let writer = try await registered(.changes)
        let process = process
        do throws(StoreError) {
            let receipt = try await call(.change) { world in
                world.writing(Set(batch.requests.map(\.room)).sorted()) { world in
                    let result = world.log.change(batch, from: writer)
                    world.note { "\(process) changes \(batch.number) \(batch.requests.map(\.summary)): \(result)" }
                    return result
                }
            }
            world.post { $0.answered(batch, receipt) }
            return receipt
        } catch {
            world.post { $0.failed(batch, error) }
            throw renamed(error, writer, .changes)
        }
    }

    func history(
        in room: RoomID, before: Int64, limit: Int, bytes: Int, view: LogView
    ) async throws(StoreError) -> HistoryPage {
        let process = process
        return try await call(.read) { world in
            world.reading([room], by: process) {
                $0.log.history(in: room, before: before, limit: limit, bytes: bytes, view: view)
            }
        }
    }

    func span(ofNewest count: Int, in room: RoomID, view: LogView) async throws(StoreError) -> RoomSpan? {
        let process = process
        return try await call(.read) { world in
            world.reading([room], by: process) { $0.log.span(ofNewest: count, in: room, view: view) }
        }
    }

    func drainInbox(limit: Int, bytes: Int) async throws(StoreError) -> InboxBatch {
        let process = process
        return try await call(.drain) { world in
            // Another process may be draining, and then the batch is empty.
            if world.chances.happens(perMille: 100) { return .ends(.success(InboxBatch(taken: 0, runs: []))) }
            return world.writing(Array(Set(world.log.inbox.prefix(limit).map(\.room)))) { world in
                let result = world.log.drainInbox(limit: limit, bytes: bytes)
                if case .success(let batch) = result, batch.taken == 0 { return result }
                world.note { "\(process) drains: \(result)" }
                return result
            }
        }
    }

    func news(after known: [RoomSpan], limit: Int, bytes: Int) async throws(StoreError) -> [RoomNews] {
        let process = process
        return try await call(.read) { world in
            world.reading(known.map(\.room), by: process) {
                .success($0.log.news(after: known, limit: limit, bytes: bytes))
            }
        }
    }

    func epoch() async throws(StoreError) -> String {
        try await call(.read) { .ends(.success($0.log.epochName)) }
    }

    func ring(_ positions: [RoomPosition]?) async throws(StoreError) {
        let process = process
        try await call(.ring) { world in
            world.publish(positions.map { .news($0) } ?? .resync, except: process)
            return .ends(.success(()))
        }
    }

    private func call<Value: Sendable>(
        _ call: StoreCall, _ work: @escaping @Sendable (isolated World) -> Statement<Value>
    ) async throws(StoreError) -> Value {
        let (world, process) = (world, process)
        return try await withCheckedContinuation { continuation in
            world.post { $0.carry(call, from: process, work, continuation) }
        }.get()
    }
}

extension ChangeBatch.Request {
    /// What it is, in a few words.
    fileprivate var summary: String { "\(room): \(draft.user) \(draft.action) \(draft.target) \(draft.clientID ?? "")" }
}
