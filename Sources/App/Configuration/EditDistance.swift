/// The number of insertions, deletions, replacements and swaps of neighbours that turn one word into another.
///
/// Bounded: words longer than 64 characters are not compared and count as very different.
package enum EditDistance {
    private static let lengthMax = 64

    /// The distance between two words (optimal string alignment).
    static func between(_ first: String, _ second: String) -> Int {
        let (a, b) = (Array(first), Array(second))
        guard a.count <= lengthMax, b.count <= lengthMax else { return max(a.count, b.count) }
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in 1...a.count {
            var row = [Int](repeating: i, count: b.count + 1)
            for j in 1...b.count {
                row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    row[j] = min(row[j], beforeLast[j - 2] + 1)
                }
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }

    /// The known word that was probably meant: at most a third of its letters differ (at least two may).
    package static func nearest(to word: String, among known: [String]) -> String? {
        known
            .map { (word: $0, distance: between(word.lowercased(), $0)) }
            .filter { $0.distance <= max(2, $0.word.count / 3) }
            .min { $0.distance < $1.distance }?
            .word
    }
}
