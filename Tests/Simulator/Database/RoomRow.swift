internal import Rooms

extension LogModel {
    /// A row of `log`, and how clients are to see it.
    struct Row: Sendable {
        let message: StoredMessage
        let encoded: EncodedMessage
        /// What was said, before the triggers.
        let said: String
        /// Who said it, before the triggers.
        let sender: String
        /// Whether it was deleted. What was shown of it remains true.
        var isDeleted = false
        /// Whether that was done by hand, without raising the oldest number of the room.
        var isDeletedByHand = false
    }

    /// A row of `rooms`, and all that was ever stored of the room.
    struct RoomRow: Sendable {
        /// Ascending, with those that were deleted.
        var rows: [Row] = []
        var firstSeq: Int64 = 1
        var lastSeq: Int64 = 0
        /// Whether its numbers are out of range: it cannot be read nor written.
        var isSpoiled = false

        /// The row with a number, deleted or not.
        func row(_ seq: Int64) -> Row? { index(of: seq).map { rows[$0] } }

        /// The place of a number among the rows.
        func index(of seq: Int64) -> Int? {
            var index = min(Int(clamping: seq) - 1, rows.count - 1)
            while index >= 0, rows[index].message.seq > seq { index -= 1 }
            return index >= 0 && rows[index].message.seq == seq ? index : nil
        }

        /// The rows that can be read in `after + 1 ... through`.
        func visible(after: Int64, through: Int64) -> [Row] {
            rows.filter { $0.message.seq > max(after, firstSeq - 1) && $0.message.seq <= through && !$0.isDeleted }
        }

        func span(_ room: RoomID) -> RoomSpan { RoomSpan(room: room, firstSeq: firstSeq, lastSeq: lastSeq) }
    }
}
