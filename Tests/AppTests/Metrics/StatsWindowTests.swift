import CoreMetrics
import Logging
import Testing

@testable import Telemetry

/// The fields of the stats line.
@Suite struct StatsWindowTests {
    private let registry = MetricsRegistry()

    @Test func whatNobodyMeasuresIsLeftOut() {
        var window = StatsWindow(registry)
        let fields = window.next(after: 10)
        #expect(fields.isEmpty)
    }

    @Test func ratesAreOfTheWindow() {
        var window = StatsWindow(registry)
        let stored = Counter(label: MetricName.messagesStored, factory: registry)
        stored.increment(by: 25)
        let first = window.next(after: 10)
        #expect(first["messages_per_s"]?.description == "2.5")
        stored.increment(by: 100)
        let second = window.next(after: 10)
        #expect(second["messages_per_s"]?.description == "10.0")
    }

    @Test func percentilesAreOfTheWindowAndInMilliseconds() {
        var window = StatsWindow(registry)
        let commit = CoreMetrics.Timer(label: MetricName.commitSeconds, factory: registry)
        commit.recordSeconds(5)
        _ = window.next(after: 10)
        for _ in 0..<100 { commit.recordMilliseconds(1) }
        let fields = window.next(after: 10)
        let p99 = fields["commit_p99_ms"].flatMap { Double($0.description) } ?? 99
        #expect(p99 > 0.7 && p99 <= 1)
        let quiet = window.next(after: 10)
        #expect(quiet["commit_p99_ms"] == nil)
    }

    @Test func gaugesAreWholeNumbers() {
        var window = StatsWindow(registry)
        Meter(label: MetricName.connections, factory: registry).set(12)
        let fields5 = window.next(after: 10)
        #expect(fields5["connections"]?.description == "12")
    }
}
