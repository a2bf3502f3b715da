package import Logging

/// Logs a `stats` line at a fixed interval while the server runs.
package struct StatsReporter {
    /// Where the numbers come from.
    private let registry: MetricsRegistry
    /// Where the line goes.
    private let logger: Logger
    /// The time between two lines.
    private let interval: Duration = .seconds(10)

    /// A reporter that has not begun.
    package init(registry: MetricsRegistry, logger: Logger) {
        self.registry = registry
        self.logger = logger
    }

    /// Reports until the task is cancelled.
    package func run() async {
        var window = StatsWindow(registry)
        let clock = ContinuousClock()
        var begin = clock.now
        // Cancellation is the only way to leave the sleep early.
        while (try? await Task.sleep(for: interval)) != nil {
            let end = clock.now
            let fields = window.next(after: (end - begin) / .seconds(1))
            begin = end
            logger.log(.info, .stats, fields)
        }
    }
}
