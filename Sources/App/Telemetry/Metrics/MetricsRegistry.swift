package import CoreMetrics
internal import Synchronization

/// Every metric of the process: what swift-metrics creates, and what the exposition and the stats line read.
///
/// The same name with the same labels is the same series, however often it is created. Creation takes a lock and is
/// meant for start-up; recording touches only the series itself.
package final class MetricsRegistry: MetricsFactory, Sendable {
    /// One series.
    enum Cell: Sendable {
        case counter(CounterCell)
        case gauge(GaugeCell)
        case histogram(HistogramCell)
    }

    private let cells = Mutex<[MetricKey: Cell]>([:])

    /// Every series, ascending by name and labels.
    var series: [(key: MetricKey, cell: Cell)] {
        cells.withLock { cells in cells.map { (key: $0.key, cell: $0.value) } }.sorted { $0.key < $1.key }
    }

    /// The series of a name without labels, if something has created it.
    func cell(_ name: String) -> Cell? { cells.withLock { $0[MetricKey(name)] } }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let name = label.hasSuffix("_total") ? label : label + "_total"
        let cell = findOrAdd(MetricKey(name, dimensions)) { .counter(CounterCell()) }
        // If another kind of metric has the name, the counter is not exported, rather than counted in a wrong series.
        guard case .counter(let counter) = cell else { return CounterCell() }
        return counter
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions, isTimer: false) : gauge(label, dimensions)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions, isTimer: true)
    }

    // A series lives as long as the process, because a scraper has already seen its values.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeCell {
        let cell = findOrAdd(MetricKey(label, dimensions)) { .gauge(GaugeCell()) }
        guard case .gauge(let gauge) = cell else { return GaugeCell() }
        return gauge
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)], isTimer: Bool) -> HistogramCell {
        let bounds: HistogramBounds = isTimer || label.hasSuffix("_seconds") ? .seconds : .counts
        let cell = findOrAdd(MetricKey(label, dimensions)) { .histogram(HistogramCell(bounds)) }
        guard case .histogram(let histogram) = cell else { return HistogramCell(bounds) }
        return histogram
    }

    private func findOrAdd(_ key: MetricKey, _ make: () -> Cell) -> Cell {
        cells.withLock { cells in
            if let cell = cells[key] { return cell }
            let cell = make()
            cells[key] = cell
            return cell
        }
    }
}
