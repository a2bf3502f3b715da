/// Names one time series: a metric with its labels.
struct MetricKey: Sendable, Hashable, Comparable {
    /// The name in Prometheus' alphabet.
    let name: String
    /// The labels, ascending by name.
    let labels: [Label]

    /// One label of a series.
    struct Label: Sendable, Hashable, Comparable {
        /// The name in Prometheus' alphabet.
        let name: String
        /// Any text; escaped when it is written.
        let value: String

        static func < (lhs: Label, rhs: Label) -> Bool { (lhs.name, lhs.value) < (rhs.name, rhs.value) }
    }

    /// A key; characters that Prometheus does not allow in names become `_`.
    init(_ name: String, _ dimensions: [(String, String)] = []) {
        self.name = Self.sanitize(name)
        labels = dimensions.map { Label(name: Self.sanitize($0.0), value: $0.1) }.sorted()
    }

    static func < (lhs: MetricKey, rhs: MetricKey) -> Bool {
        lhs.name != rhs.name ? lhs.name < rhs.name : lhs.labels.lexicographicallyPrecedes(rhs.labels)
    }

    private static func sanitize(_ name: String) -> String {
        let body = name.unicodeScalars.map { scalar -> Character in
            scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                ? Character(scalar) : "_"
        }
        guard let first = body.first else { return "_" }
        return first.isNumber ? "_" + String(body) : String(body)
    }
}
