internal import Rooms

/// What the database holds, as a value: the tables of `migrations/` and what their functions do, each call at once.
struct LogModel: Sendable {
    /// A row of `log`, and how clients are to see it.
    struct Row: Sendable {
        let message: StoredMessage
        let encoded: EncodedMessage
    }

    /// A row of `rooms`; its messages are never dropped here, only hidden below `firstSeq`.
    struct RoomRow: Sendable {
        var rows: [Row] = []
        var firstSeq: Int64 = 1
        var lastSeq: Int64 { Int64(rows.count) }

        /// The visible rows in `after + 1 ... through`.
        func visible(after: Int64, through: Int64) -> ArraySlice<Row> {
            let from = max(after + 1, firstSeq)
            let to = min(through, lastSeq)
            return from <= to ? rows[Int(from - 1)..<Int(to)] : []
        }
    }

    struct ClientKey: Hashable, Sendable {
        let room: RoomID
        let user: String
        let id: String
    }

    /// Counts the log's pasts; `epochName` is what the nodes see.
    var epoch = 1
    var rooms: [RoomID: RoomRow] = [:]
    var receipts: [BatchID: Receipt] = [:]
    /// The rows with client ids; of those that were pruned nothing is known any more.
    var originals: [ClientKey: Int64] = [:]
    var inbox: [(room: RoomID, draft: Draft)] = []
    private var clockMicroseconds: Int64 = 1_470_676_832_000_000

    /// A text that holds this is refused.
    static let poison = "poison"

    static func epochName(_ epoch: Int) -> String { "epoch-\(epoch)" }
    var epochName: String { Self.epochName(epoch) }

    func row(_ room: RoomID, _ seq: Int64) -> Row? {
        guard let rows = rooms[room]?.rows, seq >= 1, seq <= rows.count else { return nil }
        return rows[Int(seq - 1)]
    }

    mutating func openRoom(_ room: RoomID, recent: Int) -> RoomSnapshot {
        let row = rooms[room] ?? RoomRow()
        rooms[room] = row
        return RoomSnapshot(
            lastSeq: row.lastSeq, firstSeq: row.firstSeq, epoch: epochName,
            recent: row.visible(after: 0, through: .max).suffix(recent).map(\.message))
    }

    mutating func append(_ batch: Batch) -> Result<Receipt, StoreError> {
        if let receipt = receipts[batch.id] { return .success(receipt) }
        guard !batch.groups.contains(where: { $0.drafts.contains { $0.text.contains(Self.poison) } }) else {
            return .failure(.rejected(code: "23514", detail: "poison"))
        }
        clockMicroseconds += 1000
        var receipt = Receipt(time: Timestamp(microseconds: clockMicroseconds), bases: [], duplicates: [])
        var ordinal = 0
        for group in batch.groups {
            receipt.bases.append(rooms[group.room]?.lastSeq ?? 0)
            for draft in group.drafts {
                let key = draft.clientID.map { ClientKey(room: group.room, user: draft.user, id: $0) }
                if let key, let original = originals[key], original >= firstSeq(group.room) {
                    receipt.duplicates.append(Receipt.Duplicate(ordinal: ordinal, originalSeq: original))
                } else {
                    let seq = insert(draft, in: group.room).seq
                    if let key { originals[key] = seq }
                }
                ordinal += 1
            }
        }
        receipts[batch.id] = receipt
        return .success(receipt)
    }

    func messages(
        in room: RoomID, after: Int64, through: Int64, limit: Int, bytes: Int
    ) -> [StoredMessage] {
        var bytesLeft = bytes
        var page: [StoredMessage] = []
        for row in rooms[room]?.visible(after: after, through: through).prefix(limit) ?? [] {
            bytesLeft -= row.message.text.utf8.count
            if bytesLeft < 0, !page.isEmpty { break }
            page.append(row.message)
        }
        return page
    }

    func messages(in room: RoomID, before: Int64, limit: Int) -> [StoredMessage] {
        rooms[room]?.visible(after: 0, through: before - 1).suffix(limit).map(\.message) ?? []
    }

    mutating func drainInbox(limit: Int) -> [StoredMessage] {
        let taken = inbox.prefix(limit)
        inbox.removeFirst(taken.count)
        clockMicroseconds += 1000
        return taken.map { insert($0.draft, in: $0.room) }
    }

    func news(after known: [RoomPosition], limit: Int, bytes: Int) -> [RoomNews] {
        var bytesLeft = bytes
        var isFirst = true
        var news: [RoomNews] = []
        for position in known {
            guard let room = rooms[position.room], room.lastSeq != position.seq else { continue }
            var messages: [StoredMessage] = []
            for row in room.visible(after: position.seq, through: .max).prefix(limit) {
                bytesLeft -= row.message.text.utf8.count
                if bytesLeft < 0, !isFirst { break }
                isFirst = false
                messages.append(row.message)
            }
            news.append(
                RoomNews(
                    room: position.room, lastSeq: room.lastSeq, firstSeq: room.firstSeq, messages: messages))
        }
        return news
    }

    /// Hides the messages before a number; at most all of them.
    mutating func prune(_ room: RoomID, before seq: Int64) {
        guard var row = rooms[room] else { return }
        row.firstSeq = max(row.firstSeq, min(seq, row.lastSeq + 1))
        rooms[room] = row
    }

    /// The first visible number of a room.
    func firstSeq(_ room: RoomID) -> Int64 { rooms[room]?.firstSeq ?? 1 }
    /// The newest number of a room.
    func lastSeq(_ room: RoomID) -> Int64 { rooms[room]?.lastSeq ?? 0 }

    private mutating func insert(_ draft: Draft, in room: RoomID) -> StoredMessage {
        var row = rooms[room] ?? RoomRow()
        // The old array must not be shared while it grows.
        rooms[room] = nil
        let message = StoredMessage(
            room: room, seq: row.lastSeq + 1, time: Timestamp(microseconds: clockMicroseconds), user: draft.user,
            text: draft.text, clientID: draft.clientID)
        row.rows.append(Row(message: message, encoded: EncodedMessage(message)))
        rooms[room] = row
        return message
    }
}
