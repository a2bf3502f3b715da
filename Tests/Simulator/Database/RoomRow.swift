internal import Rooms

extension LogModel {
    /// A row of `log`, and its encoded form for clients.
    struct Row: Sendable {
        let message: StoredMessage
        let encoded: EncodedMessage
        /// The text that was sent, before the triggers.
        let said: String
        /// The sender, before the triggers.
        let sender: String
        /// Whether it was deleted. Clients may have received it before.
        var isDeleted = false
        /// Whether it was deleted without raising the oldest number of the room.
        var isDeletedByHand = false
    }

    /// A row of `rooms`, and all messages ever stored in the room.
    struct RoomRow: Sendable {
        /// Ascending, including deleted rows.
        var rows: [Row] = []
        var firstSeq: Int64 = 1
        var lastSeq: Int64 = 0
        /// Whether its numbers are out of range: the room can be neither read nor written.
        var isSpoiled = false

        /// The row with a number, deleted or not.
        func row(_ seq: Int64) -> Row? { index(of: seq).map { rows[$0] } }

        /// The index of the row with a number.
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
