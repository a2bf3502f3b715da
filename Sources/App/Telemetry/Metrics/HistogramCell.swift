internal import CoreMetrics
internal import Synchronization

/// A histogram: a timer (kept in seconds) or a recorder that aggregates (kept in its own unit).
final class HistogramCell: TimerHandler, RecorderHandler, Sendable {
    private let counts: Mutex<HistogramCounts>

    /// A histogram without values.
    init(_ bounds: HistogramBounds) { counts = Mutex(HistogramCounts(bounds)) }

    /// The counts now.
    var snapshot: HistogramCounts { counts.withLock { $0 } }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) { counts.withLock { $0.record(value) } }
}
