internal import Metrics
package import Rooms

extension Database: MessageStore {
    /// The state of a room at one moment, in one round trip; its row is created at the first use.
    package func openRoom(_ room: RoomID, recent: Int) async throws(StoreError) -> RoomSnapshot {
        let result = try await readers.run(
            .openLog, [.integer(room.rawValue), .integer(Int32(clamping: max(0, recent)))], isRepeatable: true)
        guard let epoch = result.text(0, 2) else { throw Self.strange }
        let span = try validSpan(result, 0, of: room)
        let rows = try LogRows(result, in: room)
        return RoomSnapshot(span: span, epoch: epoch, recent: rows.messages, changes: rows.changes)
    }

    /// A part of a room's log after `after`, ascending.
    package func messages(
        in room: RoomID, after: Int64, through: Int64, limit: Int, bytes: Int
    ) async throws(StoreError) -> RoomNews {
        let result = try await readers.run(
            .logPage,
            [
                .integer(room.rawValue), .bigint(after), .bigint(through), .integer(Int32(clamping: max(1, limit))),
                .bigint(Int64(clamping: max(0, bytes))),
            ],
            as: .bulk, isRepeatable: true)
        guard result.rowCount > 0 else {
            // The row of the room was deleted: such a room is empty.
            return RoomNews(
                span: RoomSpan(room: room, firstSeq: 1, lastSeq: 0),
                run: LogRun(room: room, after: after, through: after, messages: []))
        }
        return try news(result, rows: 0..<result.rowCount, in: room, after: after)
    }

    /// The page of a room's messages that ends before `before`, ascending.
    package func history(
        in room: RoomID, before: Int64, limit: Int, bytes: Int, view: LogView
    ) async throws(StoreError) -> HistoryPage {
        let result = try await readers.run(
            .logHistory,
            [
                .integer(room.rawValue), .bigint(before), .integer(Int32(clamping: max(0, limit))),
                .bigint(Int64(clamping: max(0, bytes))), .integer(view == .changes ? 1 : 0),
            ],
            as: .bulk, isRepeatable: true)
        guard result.rowCount > 0 else { return HistoryPage(messages: [], more: false) }
        _ = try validSpan(result, 0, of: room)
        let messages = try LogRows(result, in: room).messages
        return HistoryPage(
            messages: messages, more: !messages.isEmpty && result.integer(0, 2, as: Int32.self) == 1)
    }

    /// Where a room's newest messages begin, without reading them.
    package func span(ofNewest count: Int, in room: RoomID, view: LogView) async throws(StoreError) -> RoomSpan? {
        guard count > 0 else { return nil }
        let result = try await readers.run(
            .newestSpan,
            [.integer(room.rawValue), .integer(Int32(clamping: count)), .integer(view == .changes ? 1 : 0)],
            isRepeatable: true)
        guard result.rowCount > 0 else { return nil }
        let span = try validSpan(result, 0, of: room)
        return result.integer(0, 2, as: Int64.self).map {
            RoomSpan(room: room, firstSeq: $0, lastSeq: span.lastSeq)
        }
    }

    /// The news of many rooms, at one moment, in one round trip. A room whose row is out of range is left out.
    package func news(
        after known: [RoomSpan], limit: Int, bytes: Int
    ) async throws(StoreError) -> [RoomNews] {
        guard !known.isEmpty else { return [] }
        let result = try await readers.run(
            .logNews,
            [
                .integers(known.map(\.room.rawValue)), .bigints(known.map(\.firstSeq)),
                .bigints(known.map(\.lastSeq)), .integer(Int32(clamping: max(1, limit))),
                .bigint(Int64(clamping: max(0, bytes))),
            ],
            isRepeatable: true)
        let after = Dictionary(known.map { ($0.room, $0.lastSeq) }) { first, _ in first }
        var news: [RoomNews] = []
        for (room, rows) in try rowsByRoom(result, column: LogRows.roomColumn) {
            guard let after = after[room], let span = span(result, rows.lowerBound, of: room) else {
                throw Self.strange
            }
            guard span.isValid else {
                metrics.roomsOutOfRange.increment()
                continue
            }
            news.append(try self.news(result, rows: rows, in: room, after: after))
        }
        return news
    }

    /// The current epoch; renewed first if the log turns out to be another one.
    package func epoch() async throws(StoreError) -> String {
        guard let epoch = try await readers.run(.epoch, [], isRepeatable: true).text(0, 0) else { throw Self.strange }
        return epoch
    }

    /// Notifies the other processes that listen on the channel `chat`.
    package func ring(_ positions: [RoomPosition]?) async throws(StoreError) {
        let payloads = DoorbellPayload.encode(positions, from: token)
        _ = try await readers.run(.ringDoorbell, [.texts(payloads)], isRepeatable: true)
    }
}

extension Database {
    /// The error for an answer that does not match our schema.
    static let strange = StoreError.rejected(code: "XX000", detail: "an answer of another shape than expected")

    /// The rows of each room: adjacent rows with the same number in `column`.
    func rowsByRoom(
        _ result: PostgresResult, column: Int
    ) throws(StoreError) -> [(room: RoomID, rows: Range<Int>)] {
        var groups: [(room: RoomID, rows: Range<Int>)] = []
        for row in 0..<result.rowCount {
            guard let room = result.integer(row, column, as: Int32.self).map(RoomID.init) else { throw Self.strange }
            if let last = groups.last, last.room == room {
                groups[groups.count - 1].rows = last.rows.lowerBound..<row + 1
            } else {
                groups.append((room, row..<row + 1))
            }
        }
        return groups
    }

    /// Reads rows of last_seq, first_seq, through and a row of the log.
    private func news(
        _ result: PostgresResult, rows: Range<Int>, in room: RoomID, after: Int64
    ) throws(StoreError) -> RoomNews {
        let span = try validSpan(result, rows.lowerBound, of: room)
        guard let through = result.integer(rows.lowerBound, 2, as: Int64.self), through >= after else {
            throw Self.strange
        }
        return RoomNews(
            span: span, run: try LogRows(result, rows: rows, in: room).run(after: after, through: through))
    }

    private func span(_ result: PostgresResult, _ row: Int, of room: RoomID) -> RoomSpan? {
        guard let lastSeq = result.integer(row, 0, as: Int64.self),
            let firstSeq = result.integer(row, 1, as: Int64.self)
        else { return nil }
        return RoomSpan(room: room, firstSeq: firstSeq, lastSeq: lastSeq)
    }

    /// SQL can write any number into `rooms`: a number out of range affects that room alone.
    private func validSpan(_ result: PostgresResult, _ row: Int, of room: RoomID) throws(StoreError) -> RoomSpan {
        guard let span = span(result, row, of: room) else { throw Self.strange }
        guard span.isValid else {
            metrics.roomsOutOfRange.increment()
            let isLast = !(0...RoomSpan.seqMax).contains(span.lastSeq)
            throw Self.outOfRange(isLast ? "rooms.last_seq" : "rooms.first_seq", of: room)
        }
        return span
    }

    static func outOfRange(_ column: String, of room: RoomID) -> StoreError {
        // numeric_value_out_of_range
        .rejected(code: "22003", detail: "\(column) of room \(room) is out of range: correct it by SQL")
    }
}
