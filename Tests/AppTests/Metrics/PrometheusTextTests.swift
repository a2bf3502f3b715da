import CoreMetrics
import Testing

@testable import Telemetry

/// The exposition format, as a scraper reads it.
@Suite struct PrometheusTextTests {
    private let registry = MetricsRegistry()

    @Test func countersEndInTotal() {
        Counter(label: "requests", dimensions: [("code", "200")], factory: registry).increment(by: 3)
        Counter(label: "requests_total", dimensions: [("code", "200")], factory: registry).increment()
        #expect(PrometheusText.render(registry) == "# TYPE requests_total counter\nrequests_total{code=\"200\"} 4\n")
    }

    @Test func gaugesGoUpAndDown() {
        let meter = Meter(label: "open", factory: registry)
        meter.set(5)
        meter.decrement(by: 1.5)
        Gauge(label: "level", factory: registry).record(2)
        #expect(PrometheusText.render(registry) == "# TYPE level gauge\nlevel 2\n# TYPE open gauge\nopen 3.5\n")
    }

    @Test func labelsAreEscapedAndNamesAllowed() {
        Counter(label: "9 lives", dimensions: [("a-b", "x\"\\\ny")], factory: registry).increment()
        #expect(PrometheusText.render(registry).contains(#"_9_lives_total{a_b="x\"\\\ny"} 1"# + "\n"))
    }

    @Test func histogramsAreCumulativeAndInSeconds() {
        let timer = CoreMetrics.Timer(label: "commit_seconds", factory: registry)
        timer.recordMilliseconds(3)
        timer.recordMilliseconds(4)
        timer.recordSeconds(1000)
        let lines = PrometheusText.render(registry).split(separator: "\n").map(String.init)
        #expect(lines.first == "# TYPE commit_seconds histogram")
        #expect(lines.contains(#"commit_seconds_bucket{le="0.002"} 0"#))
        #expect(lines.contains(#"commit_seconds_bucket{le="0.003"} 1"#))
        #expect(lines.contains(#"commit_seconds_bucket{le="0.005"} 2"#))
        #expect(lines.contains(#"commit_seconds_bucket{le="100"} 2"#))
        #expect(lines.contains(#"commit_seconds_bucket{le="+Inf"} 3"#))
        #expect(lines.contains("commit_seconds_count 3"))
        #expect(lines.contains("commit_seconds_sum 1000.007"))
    }

    @Test func oneTypeLineForAllSeriesOfAName() {
        for code in ["a", "b"] { Counter(label: "c", dimensions: [("code", code)], factory: registry).increment() }
        let lines = PrometheusText.render(registry).split(separator: "\n")
        #expect(lines == ["# TYPE c_total counter", #"c_total{code="a"} 1"#, #"c_total{code="b"} 1"#])
    }

    @Test func aNameTakenByAnotherKindStaysWhatItIs() {
        Meter(label: "x", factory: registry).set(1)
        CoreMetrics.Timer(label: "x", factory: registry).recordSeconds(5)
        #expect(PrometheusText.render(registry) == "# TYPE x gauge\nx 1\n")
    }
}
