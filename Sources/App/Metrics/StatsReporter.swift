internal import Logging

/// Logs a `stats` line at a fixed interval while the server runs.
struct StatsReporter {
    /// Where the numbers come from.
    var registry: MetricsRegistry
    /// Where the line goes.
    var logger: Logger
    /// The time between two lines.
    var interval: Duration = .seconds(10)

    /// Reports until the task is cancelled.
    func run() async {
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
