/// The upper bounds of a histogram's buckets, ascending; a last bucket without a bound follows.
package struct HistogramBounds: Sendable, Equatable {
    let values: [Double]

    /// Bounds that repeat the same steps in every decade: `steps` (ascending, in 1..<10) times each power of ten, from
    /// 10^`first` to 10^`last` inclusive.
    init(steps: [Double], decades first: Int, through last: Int) {
        var values: [Double] = []
        for exponent in first..<last {
            // Dividing by a whole power keeps 0.003 exactly 0.003; multiplying by 0.001 does not.
            values += steps.map { exponent < 0 ? $0 / Self.power(-exponent) : $0 * Self.power(exponent) }
        }
        values.append(last < 0 ? 1 / Self.power(-last) : Self.power(last))
        self.values = values
    }

    /// 10 µs to 100 s.
    static let seconds = HistogramBounds(steps: [1, 1.5, 2, 3, 5, 7], decades: -5, through: 2)
    /// 1 to 10^8: messages, bytes.
    static let counts = HistogramBounds(steps: [1, 2, 5], decades: 0, through: 8)
    /// 1 µs to 100 s in steps of at most 10 %: for a client that reports its own percentiles.
    package static let fineSeconds = HistogramBounds(
        steps: (0..<90).map { 1 + Double($0) / 10 }, decades: -6, through: 2)

    /// The bucket that a value falls into: the first whose bound is not below it.
    func bucket(of value: Double) -> Int {
        var low = 0
        var high = values.count
        while low < high {
            let middle = (low + high) / 2
            if values[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func power(_ exponent: Int) -> Double { (0..<exponent).reduce(1) { power, _ in power * 10 } }
}
