import Testing

@testable import Telemetry

/// Buckets and the percentiles that are read from them.
@Suite struct HistogramTests {
    @Test func boundsAreLogLinearAndAscending() {
        let bounds = HistogramBounds.seconds.values
        #expect(bounds.first == 0.00001)
        #expect(bounds.last == 100)
        #expect(bounds.contains(0.003))
        #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test(arguments: [(0.0, 0), (1.0, 0), (1.1, 1), (2.0, 1), (100.0, 6), (101.0, 7), (Double.infinity, 7)])
    func aValueFallsIntoTheFirstBucketThatHoldsIt(value: Double, bucket: Int) {
        // 1 2 5 10 20 50 100
        #expect(HistogramBounds(steps: [1, 2, 5], decades: 0, through: 2).bucket(of: value) == bucket)
    }

    @Test func percentilesOfAnEvenSpread() throws {
        var counts = HistogramCounts(.fineSeconds)
        for millisecond in 1...1000 { counts.record(Double(millisecond) / 1000) }
        let p50 = try #require(counts.percentile(0.5))
        let p99 = try #require(counts.percentile(0.99))
        #expect(abs(p50 - 0.5) < 0.01)
        #expect(abs(p99 - 0.99) < 0.01)
        #expect(counts.percentile(1) == 1)
        #expect(counts.maximum == 1)
    }

    @Test func percentilesAreInterpolatedWithinABucket() throws {
        var counts = HistogramCounts(.seconds)
        for step in 1...100 { counts.record(0.002 + Double(step) / 100_000) }
        let p50 = try #require(counts.percentile(0.5))
        #expect(abs(p50 - 0.0025) < 0.00002)
    }

    @Test func oneValueIsEveryPercentile() throws {
        var counts = HistogramCounts(.seconds)
        counts.record(0.004)
        for share in [0.5, 0.99, 1] {
            let value = try #require(counts.percentile(share))
            #expect(value > 0.003 && value <= 0.004)
        }
    }

    @Test func withoutValuesThereIsNoPercentile() { #expect(HistogramCounts(.seconds).percentile(0.5) == nil) }

    @Test func aValueAboveEveryBoundIsTheMaximum() {
        var counts = HistogramCounts(.seconds)
        counts.record(1000)
        #expect(counts.percentile(0.5) == 1000)
    }

    @Test func notANumberIsIgnored() {
        var counts = HistogramCounts(.seconds)
        counts.record(.nan)
        #expect(counts.count == 0)
    }

    @Test func aWindowHoldsOnlyWhatCameSince() {
        var counts = HistogramCounts(.seconds)
        for _ in 0..<100 { counts.record(10) }
        let earlier = counts
        counts.record(0.001)
        let window = counts.since(earlier)
        #expect(window.count == 1)
        #expect((window.percentile(0.99) ?? 9) <= 0.001)
    }
}
