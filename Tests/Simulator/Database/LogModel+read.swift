package import Rooms

extension LogModel {
    private static let unreadable = StoreError.rejected(code: "22003", detail: "a number of this room is out of range")

    /// Behaves as `MessageStore.openRoom` specifies.
    package mutating func openRoom(_ room: RoomID, recent: Int) -> Result<RoomSnapshot, StoreError> {
        let row = rooms[room] ?? RoomRow()
        rooms[room] = row
        guard !row.isSpoiled else { return .failure(Self.unreadable) }
        return .success(
            RoomSnapshot(
                span: row.span(room), epoch: epochName,
                recent: row.visible(after: 0, through: .max).suffix(recent).map(\.message)))
    }

    /// Behaves as `MessageStore.messages` specifies.
    package func messages(
        in room: RoomID, after: Int64, through: Int64, limit: Int, bytes: Int
    ) -> Result<RoomNews, StoreError> {
        let row = rooms[room] ?? RoomRow()
        guard !row.isSpoiled else { return .failure(Self.unreadable) }
        var bytesLeft = bytes
        var isFirst = true
        let run = run(
            of: row, in: room, after: after, through: min(through, row.lastSeq), limit: limit, bytesLeft: &bytesLeft,
            isFirst: &isFirst)
        return .success(RoomNews(span: row.span(room), run: run))
    }

    /// Behaves as `MessageStore.history` specifies.
    package func history(
        in room: RoomID, before: Int64, limit: Int, bytes: Int
    ) -> Result<HistoryPage, StoreError> {
        let row = rooms[room] ?? RoomRow()
        guard !row.isSpoiled else { return .failure(Self.unreadable) }
        let visible = row.visible(after: 0, through: before - 1)
        var bytesLeft = bytes
        var page: [StoredMessage] = []
        for row in visible.reversed().prefix(limit) {
            bytesLeft -= row.message.text.utf8.count
            if bytesLeft < 0, !page.isEmpty { break }
            page.append(row.message)
        }
        return .success(HistoryPage(messages: page.reversed(), more: !page.isEmpty && visible.count > page.count))
    }

    /// Behaves as `MessageStore.span(ofNewest:)` specifies.
    package func span(ofNewest count: Int, in room: RoomID) -> Result<RoomSpan?, StoreError> {
        let row = rooms[room] ?? RoomRow()
        guard !row.isSpoiled else { return .failure(Self.unreadable) }
        let visible = row.visible(after: 0, through: .max)
        guard visible.count >= count, let oldest = visible.suffix(count).first else { return .success(nil) }
        return .success(RoomSpan(room: room, firstSeq: oldest.message.seq, lastSeq: row.span(room).lastSeq))
    }

    /// Behaves as `MessageStore.news` specifies. A room whose numbers are out of range is left out.
    package func news(after known: [RoomSpan], limit: Int, bytes: Int) -> [RoomNews] {
        var bytesLeft = bytes
        var isFirst = true
        return known.compactMap { known in
            let row = rooms[known.room] ?? RoomRow()
            guard !row.isSpoiled, row.span(known.room) != known else { return nil }
            let run = run(
                of: row, in: known.room, after: known.lastSeq, through: row.lastSeq, limit: limit,
                bytesLeft: &bytesLeft, isFirst: &isFirst)
            return RoomNews(span: row.span(known.room), run: run)
        }
    }

    private func run(
        of row: RoomRow, in room: RoomID, after: Int64, through: Int64, limit: Int, bytesLeft: inout Int,
        isFirst: inout Bool
    ) -> LogRun {
        var run = LogRun(room: room, after: after, through: max(after, through), messages: [])
        for next in row.visible(after: after, through: through) {
            bytesLeft -= next.message.text.utf8.count
            guard bytesLeft >= 0 || isFirst else {
                run.through = run.messages.last?.seq ?? after
                break
            }
            isFirst = false
            run.messages.append(next.message)
            // Does not check whether there is more.
            run.through = next.message.seq
            guard run.messages.count < limit else { return run }
            run.through = max(after, through)
        }
        return run
    }

    /// Raises the oldest number of a room, at most to one after the newest; optionally deletes the rows below it.
    package mutating func prune(_ room: RoomID, before seq: Int64, deletes: Bool) {
        guard var row = rooms[room] else { return }
        row.firstSeq = max(row.firstSeq, min(seq, row.lastSeq + 1))
        if deletes {
            for index in row.rows.indices where row.rows[index].message.seq < row.firstSeq {
                row.rows[index].isDeleted = true
            }
        }
        rooms[room] = row
        changed()
    }

    /// Writes a number out of range into the row of a room, or restores the correct one.
    mutating func setSpoiled(_ room: RoomID, _ isSpoiled: Bool) {
        guard rooms[room] != nil else { return }
        rooms[room]?.isSpoiled = isSpoiled
        changed()
    }

    /// Deletes rows without an update of the room's row.
    package mutating func delete(_ room: RoomID, _ seqs: ClosedRange<Int64>) {
        guard var row = rooms[room] else { return }
        for index in row.rows.indices where seqs.contains(row.rows[index].message.seq) {
            if !row.rows[index].isDeleted { row.rows[index].isDeletedByHand = true }
            row.rows[index].isDeleted = true
        }
        rooms[room] = row
        changed()
    }
}
