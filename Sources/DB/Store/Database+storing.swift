internal import Metrics
package import Rooms

extension Database {
    /// Stores a batch with one call of `store_batch`, on the connection of its lane.
    package func append(_ batch: Batch) async throws(StoreError) -> Receipt {
        guard batch.messageCount > 0 else {
            return Receipt(time: Timestamp(microseconds: 0), bases: batch.groups.map { _ in 0 }, duplicates: [])
        }
        let pool = pool(of: batch.id.lane)
        let writer = try await registeredWriter(.lane(batch.id.lane), on: pool)
        let started = ContinuousClock.now
        let result = try await pool.run(
            .storeBatch, BatchParameters(batch, writer: writer).values, isRepeatable: false)
        metrics.batchSeconds.record(duration: started.duration(to: .now))
        metrics.batchMessages.record(batch.messageCount)
        guard let number = result.integer(0, 0, as: Int64.self) else {
            writers.forgotten(writer, of: .lane(batch.id.lane))
            throw .forgotten
        }
        guard number == batch.id.number, let receipt = receipt(result), receipt.bases.count == batch.groups.count
        else { throw Self.strange }
        return receipt
    }

    /// Makes sure that no earlier attempt to store this batch can commit from now on, with one call of `settle_batch`.
    package func settle(_ batch: BatchID) async throws(StoreError) -> Bool {
        let writer = writers.current(.lane(batch.lane)).id
        let result = try await pool(of: batch.lane).run(
            .settleBatch, [.uuid(writer), .bigint(batch.number)], isRepeatable: true)
        guard result.rowCount == 1 else { throw Self.strange }
        guard let isCommitted = result.integer(0, 0, as: Int32.self) else {
            writers.forgotten(writer, of: .lane(batch.lane))
            throw .forgotten
        }
        return isCommitted == 1
    }

    /// Takes messages, or changes, out of the inbox; nothing is taken while another process does.
    package func drainInbox(limit: Int, bytes: Int) async throws(StoreError) -> InboxBatch {
        let result = try await slowWriter.run(
            .takeInbox, [.integer(Int32(clamping: max(1, limit))), .bigint(Int64(clamping: max(0, bytes)))],
            isRepeatable: false)
        guard let taken = result.integer(0, 0, as: Int64.self) else { throw Self.strange }
        return InboxBatch(taken: Int(taken), runs: try runs(result))
    }

    private func pool(of lane: BatchID.Lane) -> PostgresPool {
        switch lane {
        case .live: writer
        case .slow: slowWriter
        }
    }

    /// The name under which `key` stores; registered first if it is new.
    func registeredWriter(_ key: LogWriters.Key, on pool: PostgresPool) async throws(StoreError) -> WriterID {
        let (id, isRegistered) = writers.current(key)
        if !isRegistered {
            _ = try await pool.run(.registerWriter, [.uuid(id)], isRepeatable: true)
            writers.registered(id, of: key)
        }
        return id
    }

    /// Reads rows of something, after_seq, through_seq and a row of the log: a run for each room. None if the only row is
    /// of no room.
    func runs(_ result: PostgresResult) throws(StoreError) -> [LogRun] {
        guard result.integer(0, LogRows.roomColumn, as: Int32.self) != nil else { return [] }
        var runs: [LogRun] = []
        for (room, rows) in try rowsByRoom(result, column: LogRows.roomColumn) {
            guard let after = result.integer(rows.lowerBound, 1, as: Int64.self),
                let through = result.integer(rows.lowerBound, 2, as: Int64.self), through >= after
            else { throw Self.strange }
            runs.append(try LogRows(result, rows: rows, in: room).run(after: after, through: through))
        }
        return runs
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
