internal import Logging
internal import Net

/// Renders log lines into a shared sink, as JSON or as text.
struct EventLogHandler: LogHandler {
    /// The level of the process, unless this copy was given its own.
    var logLevel: Logger.Level {
        get { ownLevel ?? level.level }
        set { ownLevel = newValue }
    }
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let format: LogFormat
    private let sink: LogSink
    private let level: LiveLogLevel
    private var ownLevel: Logger.Level?

    /// A handler that writes to `sink`.
    init(sink: LogSink, format: LogFormat, level: LiveLogLevel) {
        self.sink = sink
        self.format = format
        self.level = level
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var merged = metadata
        if let provided = metadataProvider?.get() { merged.merge(provided) { $1 } }
        if let own = event.metadata { merged.merge(own) { $1 } }
        let line = LogLine(time: .now(), event: event, metadata: merged)
        let bytes = format == .json ? LogRendering.json(line) : LogRendering.text(line)
        sink.append(bytes, atOnce: event.level >= .warning)
    }
}
