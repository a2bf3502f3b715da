internal import Rooms

extension LogModel {
    /// A row of `log`, and its forms for clients.
    struct Row: Sendable {
        /// The row in its current state.
        var message: StoredMessage
        var states: RowStates
        /// The text that was sent, before the triggers.
        let said: String
        /// The sender, before the triggers.
        let sender: String
        /// Who has reacted, the oldest emoji first.
        var reactions: [Reactors] = []
        /// Whether it was deleted. Clients may have received it before.
        var isDeleted = false
        /// Whether it was deleted without raising the oldest number of the room.
        var isDeletedByHand = false

        /// The row with the texts of its edits and nothing else of them: so the receipt of a repeated batch has it. The events
        /// follow.
        var restated: [EncodedMessage] = []

        /// Whether `delete_message()` or a command has deleted the message: its row remains, without the text.
        var isTombstone: Bool { message.changes?.isDeleted == true }
    }

    /// A row of `changes`, and its forms for clients.
    struct ChangeRow: Sendable {
        /// The row in its current state.
        var change: StoredChange
        var states: RowStates
        /// Whether it was deleted. Clients may have received it before.
        var isDeleted = false
    }

    /// Rows of `reactions`: the people who have reacted to a message with one emoji, in the order of their reactions.
    struct Reactors: Sendable {
        let emoji: String
        var people: [(identity: Identity, name: String)] = []

        /// What clients receive.
        var reaction: Reaction {
            Reaction(
                emoji: emoji, count: people.count, users: people.prefix(Reaction.usersMax).map(\.name))
        }
    }

    /// A readable row of a room's sequence.
    enum Entry {
        case message(Row)
        case change(ChangeRow)

        var seq: Int64 {
            switch self {
            case .message(let row): row.message.seq
            case .change(let row): row.change.seq
            }
        }

        var states: RowStates {
            switch self {
            case .message(let row): row.states
            case .change(let row): row.states
            }
        }
    }

    /// A row of `rooms`, and all messages and changes ever stored in the room.
    struct RoomRow: Sendable {
        /// Ascending, including deleted rows.
        var rows: [Row] = []
        /// Ascending, including deleted rows.
        var changes: [ChangeRow] = []
        var firstSeq: Int64 = 1
        var lastSeq: Int64 = 0
        /// Whether its numbers are out of range: the room can be neither read nor written.
        var isSpoiled = false

        /// The message with a number, deleted or not.
        func row(_ seq: Int64) -> Row? { index(of: seq).map { rows[$0] } }

        /// The change with a number, deleted or not.
        func change(_ seq: Int64) -> ChangeRow? { changes.last { $0.change.seq == seq } }

        /// The states of the row with a number, deleted or not.
        func states(_ seq: Int64) -> RowStates? { row(seq)?.states ?? change(seq)?.states }

        /// The index of the message with a number.
        func index(of seq: Int64) -> Int? {
            var index = min(Int(clamping: seq) - 1, rows.count - 1)
            while index >= 0, rows[index].message.seq > seq { index -= 1 }
            return index >= 0 && rows[index].message.seq == seq ? index : nil
        }

        /// The messages that can be read in `after + 1 ... through`, in a view.
        func visible(after: Int64, through: Int64, in view: LogView = .changes) -> [Row] {
            rows.filter {
                $0.message.seq > max(after, firstSeq - 1) && $0.message.seq <= through && !$0.isDeleted
                    && (view == .changes || !$0.isTombstone)
            }
        }

        /// The messages and changes that can be read in `after + 1 ... through`, ascending.
        func entries(after: Int64, through: Int64) -> [Entry] {
            let messages = visible(after: after, through: through).map { Entry.message($0) }
            guard let newest = changes.last, newest.change.seq > after else { return messages }
            let events = changes.filter {
                $0.change.seq > max(after, firstSeq - 1) && $0.change.seq <= through && !$0.isDeleted
            }
            return (messages + events.map { Entry.change($0) }).sorted { $0.seq < $1.seq }
        }

        /// The numbers in `after + 1 ... through` whose rows a client with this view receives.
        func numbers(after: Int64, through: Int64, in view: LogView) -> [Int64] {
            view == .changes
                ? entries(after: after, through: through).map(\.seq)
                : visible(after: after, through: through, in: view).map(\.message.seq)
        }

        func span(_ room: RoomID) -> RoomSpan { RoomSpan(room: room, firstSeq: firstSeq, lastSeq: lastSeq) }
    }
}
