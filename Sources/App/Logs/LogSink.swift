internal import CoreMetrics
internal import Dispatch

/// Takes log lines and has them written to a descriptor in large pieces, by a thread of its own.
///
/// Lines leave every 100 ms, when 32 KiB are gathered, and at once when asked. A reader of stdout that stalls stops that
/// thread and nothing else; meanwhile at most `LogWriter.bytesMax` wait, and further lines are counted and dropped.
final class LogSink: Sendable {
    /// How long the end of the process waits for the last lines to be taken.
    static let lastLinesLimit: Duration = .seconds(1)

    private let writer: LogWriter

    /// A sink that writes to an open descriptor, which stays the caller's.
    init(descriptor: Int32, metrics: any MetricsFactory) {
        writer = LogWriter(
            descriptor: descriptor,
            dropped: Counter(label: "roomcast_log_lines_dropped_total", dimensions: [], factory: metrics))
        writer.start()
    }

    deinit { writer.end() }

    /// Adds one whole line. Never waits; from any isolation.
    ///
    /// - Parameter atOnce: whether it should leave without waiting for more.
    func append(_ line: [UInt8], atOnce: Bool) { writer.append(line, atOnce: atOnce) }

    /// Lets what has gathered leave at once. Never waits; from any isolation.
    func hurry() { writer.hurry() }

    /// Returns when what has gathered is written; false if it is not within the limit.
    ///
    /// Blocks the calling thread: for the end of the process, when nothing else runs, and for tests.
    @discardableResult
    func flush(within limit: Duration = lastLinesLimit) -> Bool {
        writer.written().wait(timeout: .now() + .milliseconds(Int(limit / .milliseconds(1)))) == .success
    }
}
