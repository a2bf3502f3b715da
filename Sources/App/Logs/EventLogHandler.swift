internal import Logging

/// Renders log lines into a shared sink, as JSON or as text.
struct EventLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let format: LogFormat
    private let sink: LogSink

    /// A handler that writes to `sink`.
    init(sink: LogSink, format: LogFormat, level: Logger.Level) {
        self.sink = sink
        self.format = format
        logLevel = level
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
