internal import Exit
internal import Glibc
package import Logging
internal import Metrics

/// The log and the metrics of the process.
package struct Telemetry: Sendable {
    /// Collects the log lines; flush it before the process ends.
    package var sink: LogSink
    package var logger: Logger
    /// The level of this logger and of every library's loggers; may be changed at any time.
    package var level: LiveLogLevel
    package var registry: MetricsRegistry
    /// Reports, as a sentence, that the start waits for something.
    package let waiting: @Sendable (String) -> Void

    /// Logs to stdout and makes this the log and the metrics of every library; once per process.
    package static func start(format: LogFormat, level: Logger.Level) -> Telemetry {
        let telemetry = Telemetry(descriptor: STDOUT_FILENO, format: format, level: level) { logger, reason in
            logger.log(.warning, .databaseUnavailable, ["reason": .string(StandardError.line(reason))])
        }
        MetricsSystem.bootstrap(telemetry.registry)
        return telemetry
    }

    /// Logs warnings and worse to stderr as text: for commands whose stdout is their result.
    package static func quiet() -> Telemetry {
        Telemetry(descriptor: STDERR_FILENO, format: .text, level: .warning) { _, reason in
            StandardError.print([reason])
        }
    }

    private init(
        descriptor: Int32, format: LogFormat, level: Logger.Level,
        waiting: @escaping @Sendable (Logger, String) -> Void
    ) {
        registry = MetricsRegistry()
        let sink = LogSink(descriptor: descriptor, metrics: registry)
        let level = LiveLogLevel(level)
        let handler = EventLogHandler(sink: sink, format: format, level: level)
        self.level = level
        self.sink = sink
        LoggingSystem.bootstrap { _ in handler }
        let logger = Logger(label: "roomcast") { _ in handler }
        self.logger = logger
        self.waiting = { waiting(logger, $0) }
    }
}
