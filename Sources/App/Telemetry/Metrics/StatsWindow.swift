internal import Logging

/// The content of the stats line: gauges as they are, counters and latencies over the time since the last line.
///
/// A metric that nothing has created is left out of the line.
struct StatsWindow {
    private let registry: MetricsRegistry
    private var counts: [String: Int64] = [:]
    private var histograms: [String: HistogramCounts] = [:]

    /// A window that starts with the process.
    init(_ registry: MetricsRegistry) { self.registry = registry }

    /// The fields of the next line; starts the next window.
    ///
    /// - Parameter seconds: how long this window lasted.
    mutating func next(after seconds: Double) -> Logger.Metadata {
        var fields: Logger.Metadata = [:]
        addGauge(MetricName.connections, as: "connections", to: &fields)
        addGauge(MetricName.rooms, as: "rooms", to: &fields)
        addGauge(MetricName.queueMessages, as: "log_queue_messages", to: &fields)
        addGauge(MetricName.queueBytes, as: "log_queue_bytes", to: &fields)
        addRate(MetricName.messagesStored, as: "messages_per_s", seconds, to: &fields)
        addRate(MetricName.deliveries, as: "deliveries_per_s", seconds, to: &fields)
        addPercentiles(MetricName.commitSeconds, as: "commit", to: &fields)
        addPercentiles(MetricName.deliverySeconds, as: "delivery", to: &fields)
        return fields
    }

    private func addGauge(_ name: String, as field: String, to fields: inout Logger.Metadata) {
        guard case .gauge(let gauge) = registry.cell(name), let value = Int64(exactly: gauge.value.rounded()) else {
            return
        }
        fields[field] = .stringConvertible(value)
    }

    private mutating func addRate(
        _ name: String, as field: String, _ seconds: Double, to fields: inout Logger.Metadata
    ) {
        guard case .counter(let counter) = registry.cell(name), seconds > 0 else { return }
        let value = counter.value
        let rate = Double(value - counts[name, default: 0]) / seconds
        counts[name] = value
        fields[field] = .stringConvertible((rate * 10).rounded() / 10)
    }

    /// Adds the 50th and 99th percentile in milliseconds; a window without values has none.
    private mutating func addPercentiles(_ name: String, as field: String, to fields: inout Logger.Metadata) {
        guard case .histogram(let histogram) = registry.cell(name) else { return }
        let all = histogram.snapshot
        let window = histograms[name].map { all.since($0) } ?? all
        histograms[name] = all
        for (suffix, share) in [("p50", 0.5), ("p99", 0.99)] {
            guard let seconds = window.percentile(share) else { continue }
            fields["\(field)_\(suffix)_ms"] = .stringConvertible((seconds * 1_000_000).rounded() / 1000)
        }
    }
}
