/// What a client receives of a room's log.
public enum LogView: Int, Sendable {
    /// Messages in their current state; deleted messages and the events of changes are left out.
    case messages
    /// Also deleted messages and the events of changes.
    case changes
}
