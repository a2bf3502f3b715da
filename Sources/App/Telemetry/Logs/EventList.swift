internal import DB
internal import Net
internal import Rooms

/// The closed list of log events: the `event` of a line.
///
/// A module logs an event with its raw value as the message; variable data goes into metadata. Any other message, the
/// text of a library, is shown as `diagnostic`.
enum EventList {
    /// The raw values of the events of all modules.
    static let names = Set(
        AppEvent.allCases.map(\.rawValue) + DBEvent.allCases.map(\.rawValue) + NetEvent.allCases.map(\.rawValue)
            + RoomsEvent.allCases.map(\.rawValue))
}
