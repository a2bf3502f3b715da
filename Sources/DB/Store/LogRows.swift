internal import Rooms

/// Rows of one room as the functions in `migrations/` return them: messages, changes, and targets of changes.
struct LogRows {
    /// What every statement that returns such rows selects from its column 3 on; `details` is null in most rows.
    static let columns = """
        seq, "time", "user", message, client_id, user_id, reply_to, kind, (details).edited_seq, (details).deleted_seq,
        (details).changed_seq, (details).reaction_emojis, (details).reaction_counts, (details).reaction_users,
        (details).target, (details).emoji, (details).is_on::integer, (details).supersedes
        """
    /// The column after these, in statements that read several rooms.
    static let roomColumn = 21

    /// Ascending by `seq`.
    private(set) var messages: [StoredMessage] = []
    /// Ascending by `seq`.
    private(set) var changes: [StoredChange] = []
    /// The current messages that the changes concern.
    private(set) var targets: [StoredMessage] = []
    private let room: RoomID
    private let result: PostgresResult

    /// Reads the rows that have a seq.
    ///
    /// - Throws: `StoreError.rejected` for a row that our functions do not return, and for a seq out of range.
    init(_ result: PostgresResult, rows: Range<Int>? = nil, in room: RoomID) throws(StoreError) {
        self.result = result
        self.room = room
        let rows = rows ?? 0..<result.rowCount
        messages.reserveCapacity(rows.count)
        for row in rows {
            guard let seq = result.integer(row, 3, as: Int64.self) else { continue }
            guard (1...RoomSpan.seqMax).contains(seq) else { throw Database.outOfRange("log.seq", of: room) }
            switch result.text(row, 10) {
            case nil: messages.append(message(row, seq))
            case "target": targets.append(message(row, seq))
            case let kind?:
                guard let change = change(row, seq, kind) else { throw Database.strange }
                changes.append(change)
            }
        }
    }

    /// The rows as a run.
    func run(after: Int64, through: Int64) -> LogRun {
        LogRun(room: room, after: after, through: through, messages: messages, changes: changes, targets: targets)
    }

    private func message(_ row: Int, _ seq: Int64) -> StoredMessage {
        StoredMessage(
            room: room, seq: seq, time: time(row),
            // The embedding application may have allowed and written nulls.
            user: result.text(row, 5) ?? "", text: result.text(row, 6) ?? "", clientID: result.text(row, 7),
            userID: result.text(row, 8), replyTo: result.integer(row, 9, as: Int64.self),
            changes: result.integer(row, 13, as: Int64.self).map { changedSeq in
                MessageChanges(
                    changedSeq: changedSeq, editedSeq: result.integer(row, 11, as: Int64.self),
                    isDeleted: result.integer(row, 12, as: Int64.self) != nil, reactions: reactions(row))
            })
    }

    private func change(_ row: Int, _ seq: Int64, _ word: String) -> StoredChange? {
        guard let target = result.integer(row, 17, as: Int64.self), let kind = kind(row, word) else { return nil }
        return StoredChange(
            room: room, seq: seq, time: time(row), user: result.text(row, 5), userID: result.text(row, 8),
            target: target, kind: kind, clientID: result.text(row, 7),
            supersedes: result.integer(row, 20, as: Int64.self))
    }

    private func kind(_ row: Int, _ word: String) -> StoredChange.Kind? {
        switch word {
        case "deleted": return .deleted
        case "edited": return .edited(text: result.text(row, 6) ?? "")
        case "reacted":
            guard let emoji = result.text(row, 18), let isOn = result.integer(row, 19, as: Int32.self) else {
                return nil
            }
            return .reacted(emoji: emoji, isOn: isOn == 1, all: reactions(row).first)
        default: return nil
        }
    }

    private func time(_ row: Int) -> Timestamp { result.timestamp(row, 4) ?? Timestamp(microseconds: 0) }

    /// The names are in one array: of each emoji as many as it has people, at most `Reaction.usersMax`.
    private func reactions(_ row: Int) -> [Reaction] {
        guard let emojis = result.texts(row, 14), let counts = result.integers(row, 15, of: Int32.self),
            var users = result.texts(row, 16)?[...]
        else { return [] }
        return zip(emojis, counts).map { emoji, count in
            let named = users.prefix(min(max(0, Int(count)), Reaction.usersMax))
            users = users.dropFirst(named.count)
            return Reaction(emoji: emoji, count: Int(count), users: Array(named))
        }
    }
}
