internal import Metrics
package import Rooms

extension Database {
    /// Stores a batch with one call of `store_batch`, on the connection of its lane.
    package func append(_ batch: Batch) async throws(StoreError) -> Receipt {
        guard batch.messageCount > 0 else {
            return Receipt(time: Timestamp(microseconds: 0), bases: batch.groups.map { _ in 0 }, duplicates: [])
        }
        let pool = pool(of: batch.id.lane)
        let writer = try await registeredWriter(of: batch.id.lane)
        let started = ContinuousClock.now
        let result = try await pool.run(
            .storeBatch, BatchParameters(batch, writer: writer).values, isRepeatable: false)
        metrics.batchSeconds.record(duration: started.duration(to: .now))
        metrics.batchMessages.record(batch.messageCount)
        guard let number = result.integer(0, 0, as: Int64.self) else {
            writers.forgotten(writer, of: batch.id.lane)
            throw .forgotten
        }
        guard number == batch.id.number, let receipt = receipt(result), receipt.bases.count == batch.groups.count
        else { throw Self.strange }
        return receipt
    }

    /// Makes sure that no earlier attempt to store this batch can commit from now on, with one call of `settle_batch`.
    package func settle(_ batch: BatchID) async throws(StoreError) -> Bool {
        let writer = writers.current(batch.lane).id
        let result = try await pool(of: batch.lane).run(
            .settleBatch, [.uuid(writer), .bigint(batch.number)], isRepeatable: true)
        guard result.rowCount == 1 else { throw Self.strange }
        guard let isCommitted = result.integer(0, 0, as: Int32.self) else {
            writers.forgotten(writer, of: batch.lane)
            throw .forgotten
        }
        return isCommitted == 1
    }

    /// Drains the inbox; nothing is taken while another process drains it.
    package func drainInbox(limit: Int, bytes: Int) async throws(StoreError) -> InboxBatch {
        let result = try await slowWriter.run(
            .drainInbox, [.integer(Int32(clamping: max(1, limit))), .bigint(Int64(clamping: max(0, bytes)))],
            isRepeatable: false)
        guard let taken = result.integer(0, 0, as: Int64.self) else { throw Self.strange }
        guard result.integer(0, 9, as: Int32.self) != nil else { return InboxBatch(taken: Int(taken), runs: []) }
        var runs: [LogRun] = []
        for (room, rows) in try rowsByRoom(result, column: 9) {
            guard let after = result.integer(rows.lowerBound, 1, as: Int64.self),
                let through = result.integer(rows.lowerBound, 2, as: Int64.self), through >= after
            else { throw Self.strange }
            runs.append(
                LogRun(
                    room: room, after: after, through: through, messages: try messages(result, rows: rows, in: room)))
        }
        return InboxBatch(taken: Int(taken), runs: runs)
    }

    private func pool(of lane: BatchID.Lane) -> PostgresPool {
        switch lane {
        case .live: writer
        case .slow: slowWriter
        }
    }

    private func registeredWriter(of lane: BatchID.Lane) async throws(StoreError) -> WriterID {
        let (id, isRegistered) = writers.current(lane)
        if !isRegistered {
            _ = try await pool(of: lane).run(.registerWriter, [.uuid(id)], isRepeatable: true)
            writers.registered(id, of: lane)
        }
        return id
    }

    private func receipt(_ result: PostgresResult) -> Receipt? {
        guard let time = result.timestamp(0, 1), let bases = result.integers(0, 2, of: Int64.self),
            let ordinals = result.integers(0, 3, of: Int32.self), let seqs = result.integers(0, 4, of: Int64.self),
            ordinals.count == seqs.count
        else { return nil }
        var receipt = Receipt(
            time: time, bases: bases,
            duplicates: zip(ordinals, seqs).map { Receipt.Duplicate(ordinal: Int($0), originalSeq: $1) })
        receipt.dropped = (result.integers(0, 9, of: Int32.self) ?? []).map(Int.init)
        guard let changed = result.integers(0, 5, of: Int32.self) else { return receipt }
        guard let times = result.timestamps(0, 6), let users = result.texts(0, 7), let texts = result.texts(0, 8),
            let userIDs = result.optionalTexts(0, 10), times.count == changed.count, users.count == changed.count,
            texts.count == changed.count, userIDs.count == changed.count
        else { return nil }
        for (index, ordinal) in changed.enumerated() {
            receipt.changes.append(
                Receipt.Change(
                    ordinal: Int(ordinal), time: times[index], user: users[index], text: texts[index],
                    userID: userIDs[index]))
        }
        return receipt
    }
}
