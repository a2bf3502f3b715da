internal import CoreMetrics
internal import Dispatch

/// Takes log lines; a thread of its own writes them to a descriptor in large pieces.
///
/// Lines are written every 100 ms, when 32 KiB have been collected, and at once on request. A stalled reader of stdout
/// blocks only that thread; meanwhile at most `LogWriter.bytesMax` bytes wait, and further lines are counted and
/// dropped.
package final class LogSink: Sendable {
    /// How long the process waits at its end for the last lines to be written.
    package static let lastLinesLimit: Duration = .seconds(1)

    private let writer: LogWriter

    /// A sink that writes to an open descriptor, which the caller still owns.
    init(descriptor: Int32, metrics: any MetricsFactory) {
        writer = LogWriter(
            descriptor: descriptor,
            dropped: Counter(label: "roomcast_log_lines_dropped_total", dimensions: [], factory: metrics))
        writer.start()
    }

    deinit { writer.end() }

    /// Adds one whole line. Never waits; from any isolation.
    ///
    /// - Parameter atOnce: whether it is written without waiting for more lines.
    func append(_ line: [UInt8], atOnce: Bool) { writer.append(line, atOnce: atOnce) }

    /// Requests that the collected lines are written at once. Never waits; from any isolation.
    package func writeSoon() { writer.writeSoon() }

    /// Waits until the collected lines are written; returns false if that takes longer than the limit.
    ///
    /// Blocks the calling thread: for the end of the process, when nothing else runs, and for tests.
    @discardableResult
    package func flush(within limit: Duration = lastLinesLimit) -> Bool {
        writer.written().wait(timeout: .now() + .milliseconds(Int(limit / .milliseconds(1)))) == .success
    }
}
