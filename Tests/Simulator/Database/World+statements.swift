internal import Rooms

extension World {
    /// A statement that reads these rooms for a process.
    func reading<Value>(
        _ rooms: [RoomID], by process: ProcessID, _ work: (isolated World) -> Result<Value, StoreError>
    ) -> Statement<Value> {
        if rooms.contains(where: unreadable.contains) {
            return .ends(.failure(.rejected(code: "42501", detail: "permission denied")))
        }
        guard rooms.count <= profile.will.readRoomsMax else {
            return .ends(.failure(LogModel.timeout), afterMicroseconds: profile.will.statementMicroseconds)
        }
        let result = work(self)
        note { "\(process) reads \(rooms): \(result)" }
        return .ends(result)
    }

    /// A statement that locks these rooms until it ends.
    func writing<Value>(
        _ rooms: [RoomID], _ work: (isolated World) -> Result<Value, StoreError>
    ) -> Statement<Value> {
        let now = scheduler.nowMicroseconds
        if let until = rooms.compactMap({ locks[$0] }).max(), until > now { return .waits(untilMicroseconds: until) }
        let result = work(self)
        guard log.wasSlow else { return .ends(result) }
        for room in rooms { locks[room] = now + profile.will.statementMicroseconds }
        return .ends(result, afterMicroseconds: profile.will.statementMicroseconds)
    }

    /// Runs a statement that has reached the database to its end; then passes its result to `done`.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable (isolated World) -> Statement<Value>, since: Int64? = nil,
        _ done: @escaping @Sendable (isolated World, Result<Value, StoreError>) -> Void
    ) {
        let now = scheduler.nowMicroseconds
        let since = since ?? now
        let incarnation = incarnation
        switch work(self) {
        case .ends(let result, 0): done(self, result)
        case .ends(let result, let microseconds): after(microseconds) { done($0, result) }
        case .waits(let until):
            let limit = since + profile.will.statementMicroseconds
            after(max(1, min(until, limit) - now)) { world in
                if world.incarnation != incarnation {
                    done(world, .failure(.unavailable("the database is another one")))
                } else if world.scheduler.nowMicroseconds >= limit {
                    done(world, .failure(LogModel.timeout))
                } else {
                    world.run(work, since: since, done)
                }
            }
        }
    }

    /// Called when a process has received the receipt of its batch.
    func answered(_ batch: Batch, _ receipt: Receipt) {
        let texts = batch.groups.flatMap { $0.drafts.map(\.text) }
        for ordinal in receipt.dropped where ordinal < texts.count { refusable.insert(texts[ordinal]) }
        for change in receipt.changes where change.text.isEmpty { outdated.insert(texts[change.ordinal]) }
        for duplicate in receipt.duplicates where duplicate.ordinal < texts.count {
            repeated.insert(texts[duplicate.ordinal])
        }
    }

    /// Called when a process has received an error for its batch: it is not stored, or its outcome is unknown.
    func failed(_ batch: Batch, _ error: StoreError) {
        let texts = batch.groups.flatMap { $0.drafts.map(\.text) }
        switch error {
        case .rejected: if texts.count == 1 { refusable.formUnion(texts) }
        case .forgotten: uncertain.formUnion(texts)
        case .unavailable: break
        }
    }

    /// Called when a process has received the receipt of its changes.
    func answered(_ batch: ChangeBatch, _ receipt: ChangeReceipt) {
        for (request, outcome) in zip(batch.requests, receipt.outcomes) {
            guard let id = request.draft.clientID else { continue }
            switch outcome {
            case .stored: changeAnswers[id, default: ChangeAnswers()].events += 1
            case .repeated: changeAnswers[id, default: ChangeAnswers()].repeats += 1
            case .done, .notFound, .forbidden: break
            }
        }
    }

    /// Called when a process has received an error for its changes.
    func failed(_ batch: ChangeBatch, _ error: StoreError) {
        guard case .rejected = error, batch.requests.count == 1, let id = batch.requests[0].draft.clientID else {
            return
        }
        changeAnswers[id, default: ChangeAnswers()].isRefusable = true
    }
}
