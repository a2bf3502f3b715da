internal import Metrics
public import Rooms

extension Database: MessageStore {
    /// The state of a room as of one moment, in one round trip; its row is made on first use.
    public func openRoom(_ room: RoomID, recent: Int) async throws(StoreError) -> RoomSnapshot {
        let result = try await readers.run(
            .openRoom, [.integer(room.rawValue), .integer(Int32(clamping: max(0, recent)))], isRepeatable: true)
        guard result.rowCount > 0, let epoch = result.text(0, 0), let lastSeq = result.integer(0, 1, as: Int64.self),
            let firstSeq = result.integer(0, 2, as: Int64.self)
        else { throw Self.strange }
        let recent = result.integer(0, 3, as: Int64.self) == nil ? [] : try messages(result, in: room, from: 3)
        return RoomSnapshot(lastSeq: lastSeq, firstSeq: firstSeq, epoch: epoch, recent: recent)
    }

    /// Stores a batch by one call of `store_batch`, on the writer's connection.
    public func append(_ batch: Batch) async throws(StoreError) -> Receipt {
        guard batch.messageCount > 0 else {
            return Receipt(time: Timestamp(microseconds: 0), bases: batch.groups.map { _ in 0 }, duplicates: [])
        }
        let started = ContinuousClock.now
        let result = try await writer.run(.storeBatch, BatchParameters(batch).values, isRepeatable: false)
        metrics.batchSeconds.record(duration: started.duration(to: .now))
        metrics.batchMessages.record(batch.messageCount)
        guard let time = result.timestamp(0, 0), let bases = result.integers(0, 1, of: Int64.self),
            let ordinals = result.integers(0, 2, of: Int32.self), let seqs = result.integers(0, 3, of: Int64.self),
            bases.count == batch.groups.count, ordinals.count == seqs.count
        else { throw Self.strange }
        let duplicates = zip(ordinals, seqs).map { Receipt.Duplicate(ordinal: Int($0), originalSeq: $1) }
        return Receipt(time: time, bases: bases, duplicates: duplicates)
    }

    /// A page of a room's messages going up from `after`.
    public func messages(
        in room: RoomID, after: Int64, through: Int64, limit: Int, bytes: Int
    ) async throws(StoreError) -> [StoredMessage] {
        let result = try await readers.run(
            .messagesAfter,
            [
                .integer(room.rawValue), .bigint(after), .bigint(through), .integer(Int32(clamping: max(0, limit))),
                .bigint(Int64(clamping: max(0, bytes))),
            ],
            as: .bulk, isRepeatable: true)
        return try messages(result, in: room, from: 0)
    }

    /// A page of a room's messages going down from `before`, ascending.
    public func messages(in room: RoomID, before: Int64, limit: Int) async throws(StoreError) -> [StoredMessage] {
        let result = try await readers.run(
            .messagesBefore, [.integer(room.rawValue), .bigint(before), .integer(Int32(clamping: max(0, limit)))],
            as: .bulk, isRepeatable: true)
        return try messages(result, in: room, from: 0)
    }

    /// Drains the inbox; empty also while another process drains it.
    public func drainInbox(limit: Int) async throws(StoreError) -> [StoredMessage] {
        let result = try await readers.run(
            .drainInbox, [.integer(Int32(clamping: max(0, limit)))], isRepeatable: false)
        var stored: [StoredMessage] = []
        for row in 0..<result.rowCount {
            guard let room = result.integer(row, 0, as: Int32.self), let seq = result.integer(row, 1, as: Int64.self),
                let time = result.timestamp(row, 2), let user = result.text(row, 3), let text = result.text(row, 4)
            else { throw Self.strange }
            stored.append(
                StoredMessage(room: RoomID(room), seq: seq, time: time, user: user, text: text, clientID: nil))
        }
        return stored
    }

    /// The news of many rooms, as of one moment, in one round trip.
    public func news(
        after known: [RoomPosition], limit: Int, bytes: Int
    ) async throws(StoreError) -> [RoomNews] {
        let result = try await readers.run(
            .roomNews,
            [
                .integers(known.map(\.room.rawValue)), .bigints(known.map(\.seq)),
                .integer(Int32(clamping: max(0, limit))), .bigint(Int64(clamping: max(0, bytes))),
            ],
            isRepeatable: true)
        var news: [RoomNews] = []
        for row in 0..<result.rowCount {
            guard let room = result.integer(row, 0, as: Int32.self).map(RoomID.init),
                let lastSeq = result.integer(row, 1, as: Int64.self),
                let firstSeq = result.integer(row, 2, as: Int64.self)
            else { throw Self.strange }
            if news.last?.room != room {
                news.append(RoomNews(room: room, lastSeq: lastSeq, firstSeq: firstSeq, messages: []))
            }
            guard result.integer(row, 3, as: Int64.self) != nil else { continue }
            news[news.count - 1].messages.append(try message(result, row, in: room, from: 3))
        }
        return news
    }

    /// The epoch of now, renewed first if the log turned out to be another one.
    public func epoch() async throws(StoreError) -> String {
        guard let epoch = try await readers.run(.epoch, [], isRepeatable: true).text(0, 0) else { throw Self.strange }
        return epoch
    }

    /// Notifies the other processes that listen on the channel `chat`.
    public func ring(_ positions: [RoomPosition]?) async throws(StoreError) {
        let payloads = DoorbellPayload.encode(positions, from: token)
        _ = try await readers.run(.ringDoorbell, [.texts(payloads)], isRepeatable: true)
    }

    /// Reads rows of seq, time, user, message and client id that begin at `column`.
    private func messages(
        _ result: PostgresResult, in room: RoomID, from column: Int
    ) throws(StoreError) -> [StoredMessage] {
        var messages: [StoredMessage] = []
        messages.reserveCapacity(result.rowCount)
        for row in 0..<result.rowCount { messages.append(try message(result, row, in: room, from: column)) }
        return messages
    }

    private func message(
        _ result: PostgresResult, _ row: Int, in room: RoomID, from column: Int
    ) throws(StoreError) -> StoredMessage {
        guard let seq = result.integer(row, column, as: Int64.self), let time = result.timestamp(row, column + 1),
            let user = result.text(row, column + 2), let text = result.text(row, column + 3)
        else { throw Self.strange }
        return StoredMessage(
            room: room, seq: seq, time: time, user: user, text: text, clientID: result.text(row, column + 4))
    }

    /// What another schema than ours would answer.
    private static let strange = StoreError.rejected(code: "XX000", detail: "an answer of another shape than expected")
}
