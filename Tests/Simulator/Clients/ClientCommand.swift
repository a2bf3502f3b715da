internal import Rooms

/// A command of a client to change an earlier message.
struct ClientCommand {
    /// Its state, as far as the client knows.
    enum State {
        case waiting
        case answered
        /// Told that it is not stored.
        case refused
        /// Told that it may not be stored, and not repeated.
        case givenUp
    }

    let target: Int64
    let action: ChangeDraft.Action
    let id: String?
    /// Whether the target may be no message that the client has seen.
    let isWild: Bool
    /// The newest number of the room when it was sent first.
    let lastSeq: Int64
    var state = State.waiting
    /// The connections over which it was sent, one element for each time.
    var links: [Int] = []
    /// Whether a retry after `unavailable` is pending.
    var isRetrying = false
    /// The time limit of its answer; nil while faults are active.
    var dueMicroseconds: Int64?
    /// How often its event was received.
    var shown = 0

    var label: String { "\(action) of \(target)\(id.map { " (\($0))" } ?? "")" }

    /// Whether this event may be the one of the command, as far as its content tells.
    func fits(_ change: StoredChange) -> Bool {
        guard change.clientID == id, change.target == target, change.seq > lastSeq else { return false }
        return switch (action, change.kind) {
        case (.delete, .deleted), (.edit, .edited): true
        case (.react(let emoji, let isOn), .reacted(let shownEmoji, let shownOn, _)):
            (emoji, isOn) == (shownEmoji, shownOn)
        default: false
        }
    }
}
