/// Writes metrics in Prometheus' text exposition format 0.0.4.
package enum PrometheusText {
    /// Every series of a registry, grouped by name, each group under its `# TYPE`.
    package static func render(_ registry: MetricsRegistry) -> String {
        var text = ""
        var name: String?
        for (key, cell) in registry.series {
            if key.name != name {
                text += "# TYPE \(key.name) \(typeName(cell))\n"
                name = key.name
            }
            switch cell {
            case .counter(let counter): text += line(key.name, key.labels, "\(counter.value)")
            case .gauge(let gauge): text += line(key.name, key.labels, number(gauge.value))
            case .histogram(let histogram): append(histogram.snapshot, key, to: &text)
            }
        }
        return text
    }

    private static func typeName(_ cell: MetricsRegistry.Cell) -> String {
        switch cell {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }

    private static func append(_ counts: HistogramCounts, _ key: MetricKey, to text: inout String) {
        var cumulative: UInt64 = 0
        for (index, filled) in counts.buckets.enumerated() {
            cumulative += filled
            let bound = index < counts.bounds.values.count ? number(counts.bounds.values[index]) : "+Inf"
            let labels = key.labels + [MetricKey.Label(name: "le", value: bound)]
            text += line(key.name + "_bucket", labels, "\(cumulative)")
        }
        text += line(key.name + "_sum", key.labels, number(counts.sum))
        text += line(key.name + "_count", key.labels, "\(counts.count)")
    }

    private static func line(_ name: String, _ labels: [MetricKey.Label], _ value: String) -> String {
        guard !labels.isEmpty else { return "\(name) \(value)\n" }
        let pairs = labels.map { "\($0.name)=\"\(escape($0.value))\"" }
        return "\(name){\(pairs.joined(separator: ","))} \(value)\n"
    }

    private static func escape(_ value: String) -> String {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
