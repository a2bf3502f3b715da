package import Rooms

extension LogModel {
    private static let unreadable = StoreError.rejected(code: "22003", detail: "a number of this room is out of range")

    /// Behaves as `MessageStore.openRoom` specifies.
    package mutating func openRoom(_ room: RoomID, recent: Int) -> Result<RoomSnapshot, StoreError> {
        let row = rooms[room] ?? RoomRow()
        rooms[room] = row
        guard !row.isSpoiled else { return .failure(Self.unreadable) }
        let newest = row.entries(after: 0, through: .max).suffix(recent)
        return .success(
            RoomSnapshot(
                span: row.span(room), epoch: epochName, recent: newest.compactMap(\.message),
                changes: newest.compactMap(\.change)))
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
            isFirst: &isFirst, withTargets: false)
        return .success(RoomNews(span: row.span(room), run: run))
    }

    /// Behaves as `MessageStore.history` specifies.
    package func history(
        in room: RoomID, before: Int64, limit: Int, bytes: Int, view: LogView = .changes
    ) -> Result<HistoryPage, StoreError> {
        let row = rooms[room] ?? RoomRow()
        guard !row.isSpoiled else { return .failure(Self.unreadable) }
        let visible = row.visible(after: 0, through: before - 1, in: view)
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
    package func span(
        ofNewest count: Int, in room: RoomID, view: LogView = .changes
    ) -> Result<RoomSpan?, StoreError> {
        let row = rooms[room] ?? RoomRow()
        guard !row.isSpoiled else { return .failure(Self.unreadable) }
        let visible = row.visible(after: 0, through: .max, in: view)
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
        isFirst: inout Bool, withTargets: Bool = true
    ) -> LogRun {
        var run = LogRun(room: room, after: after, through: max(after, through), messages: [])
        for (count, next) in row.entries(after: after, through: through).enumerated() {
            bytesLeft -= next.textBytes
            if withTargets, let target = next.change?.target, let row = row.row(target), !row.isDeleted {
                bytesLeft -= row.message.text.utf8.count
            }
            guard bytesLeft >= 0 || isFirst else {
                run.through = run.newest ?? after
                break
            }
            isFirst = false
            run.add(next)
            guard count + 1 < limit else {
                // Does not check whether there is more.
                run.through = next.seq
                break
            }
        }
        if withTargets { run.targets = targets(of: run.changes) }
        return run
    }

    /// The messages that changes concern, in their current state, as far as the log holds them.
    private func targets(of changes: [StoredChange]) -> [StoredMessage] {
        guard let room = changes.first?.room else { return [] }
        return Set(changes.map(\.target)).sorted().compactMap { target in
            row(room, target).flatMap { $0.isDeleted ? nil : $0.message }
        }
    }

    /// The messages and changes in `after + 1 ... through` with their targets, whether they are in the room's span or not.
    func run(in room: RoomID, after: Int64, through: Int64) -> LogRun {
        var run = LogRun(room: room, after: after, through: through, messages: [])
        let row = rooms[room] ?? RoomRow()
        run.messages = row.rows.filter { !$0.isDeleted && $0.message.seq > after && $0.message.seq <= through }
            .map(\.message)
        run.changes = row.changes.filter { !$0.isDeleted && $0.change.seq > after && $0.change.seq <= through }
            .map(\.change)
        run.targets = targets(of: run.changes)
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
            for index in row.changes.indices {
                let change = row.changes[index].change
                if min(change.seq, change.target) < row.firstSeq { row.changes[index].isDeleted = true }
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

    /// Deletes messages without an update of the room's row.
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

extension LogModel.Entry {
    /// The message; nil if it is a change.
    fileprivate var message: StoredMessage? { if case .message(let row) = self { row.message } else { nil } }

    /// The change; nil if it is a message.
    fileprivate var change: StoredChange? { if case .change(let row) = self { row.change } else { nil } }

    /// The bytes of the text.
    fileprivate var textBytes: Int {
        if let message { return message.text.utf8.count }
        if case .edited(let text)? = change?.kind { return text.utf8.count }
        return 0
    }
}

extension LogRun {
    /// The number of the last row; nil if there is none.
    fileprivate var newest: Int64? { [messages.last?.seq, changes.last?.seq].compactMap(\.self).max() }

    fileprivate mutating func add(_ entry: LogModel.Entry) {
        if let message = entry.message { messages.append(message) }
        if let change = entry.change { changes.append(change) }
    }
}
