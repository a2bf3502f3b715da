internal import Rooms

extension LogModel {
    /// A row of `log` or `changes` as clients receive it: as it was stored, and after each change of it.
    struct RowStates: Sendable {
        private var states: [(since: Int64, encoded: EncodedMessage)]

        /// A row as it is stored.
        init(_ first: EncodedMessage) { states = [(first.seq, first)] }

        /// The row as it is now.
        var current: EncodedMessage { states[states.count - 1].encoded }

        /// Records what the change with this number made of the row.
        mutating func change(to encoded: EncodedMessage, by seq: Int64) { states.append((seq, encoded)) }

        /// The states that contain all changes up to this number, the newest first.
        func containing(_ seq: Int64) -> [EncodedMessage] {
            let first = states.lastIndex { $0.since <= seq } ?? 0
            return states[first...].reversed().map(\.encoded)
        }
    }
}
