/// How often values fell into each bucket of a histogram.
package struct HistogramCounts: Sendable, Equatable {
    /// The bounds of the buckets.
    let bounds: HistogramBounds
    /// One count per bucket; the last is for values above every bound.
    private(set) var buckets: [UInt64]
    /// The sum of all values.
    private(set) var sum = 0.0
    /// The number of all values.
    private(set) var count: UInt64 = 0
    /// The largest value.
    package private(set) var maximum = 0.0

    /// A histogram without values.
    package init(_ bounds: HistogramBounds) {
        self.bounds = bounds
        buckets = [UInt64](repeating: 0, count: bounds.values.count + 1)
    }

    /// Counts a value; NaN is ignored.
    package mutating func record(_ value: Double) {
        guard !value.isNaN else { return }
        buckets[bounds.bucket(of: value)] += 1
        sum += value
        count += 1
        maximum = max(maximum, value)
    }

    /// The values since an earlier state of the same histogram; `maximum` stays that of all time.
    func since(_ earlier: HistogramCounts) -> HistogramCounts {
        var difference = self
        guard earlier.bounds == bounds else { return difference }
        for index in buckets.indices { difference.buckets[index] &-= earlier.buckets[index] }
        difference.sum -= earlier.sum
        difference.count &-= earlier.count
        return difference
    }

    /// The value below which a share of all values lies, interpolated within its bucket; nil without values.
    ///
    /// - Parameter share: 0 to 1, for example 0.99 for the 99th percentile.
    package func percentile(_ share: Double) -> Double? {
        guard count > 0 else { return nil }
        let rank = min(max(share, 0), 1) * Double(count)
        var below = 0.0
        for (index, filled) in buckets.enumerated() where filled > 0 {
            let through = below + Double(filled)
            if through >= rank {
                guard index < bounds.values.count else { return maximum }
                let lower = index == 0 ? 0 : bounds.values[index - 1]
                let upper = min(bounds.values[index], max(maximum, lower))
                return lower + (upper - lower) * max(0, rank - below) / Double(filled)
            }
            below = through
        }
        return maximum
    }
}
