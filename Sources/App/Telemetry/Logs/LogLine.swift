internal import Logging
internal import Rooms

/// The content of one log line, before it is rendered.
struct LogLine {
    /// Names that metadata cannot use: the handler uses them itself.
    static let reserved: Set<String> = ["ts", "level", "event", "message"]

    var time: Timestamp
    var level: Logger.Level
    /// The name from the closed list.
    var event: String
    /// The text of a library, for a `diagnostic`.
    var message: String?
    /// Fields by name, ascending, each name once.
    var fields: [(name: String, value: Logger.MetadataValue)]

    /// A line of an event, whose message is a name from the closed list or the text of a library.
    init(time: Timestamp, event: LogEvent, metadata: Logger.Metadata) {
        self.time = time
        level = event.level
        let message = event.message.description
        let isEvent = EventList.names.contains(message)
        self.event = isEvent ? message : AppEvent.diagnostic.rawValue
        self.message = isEvent ? nil : message
        fields =
            metadata
            .map { (name: Self.reserved.contains($0.key) ? "_\($0.key)" : $0.key, value: $0.value) }
            .sorted { $0.name < $1.name }
        if let error = event.error { fields.append((name: "error", value: .string("\(error)"))) }
    }
}
