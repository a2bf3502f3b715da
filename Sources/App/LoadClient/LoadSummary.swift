internal import Rooms
internal import Telemetry

/// The results of a run, for the final output.
package struct LoadSummary: Sendable {
    var connections: Int
    /// Connections that were authenticated at the end.
    var connected: Int
    /// From the start to the stop.
    var seconds: Double
    var counts: LoadCounts
    var tally: AuditTally
    /// Messages of which it is unknown whether they were stored: the connection broke before the answer.
    var uncertain: Int
    /// From sending a message to its return, in seconds.
    var latency: HistogramCounts
    /// The last error of a connection, whether or not the connection recovered.
    var trouble: String?
    /// Why the run was abandoned: no connection to the server could be made.
    package var unreachable: String?

    /// True if nothing is wrong and every connection was authenticated at the end.
    package var isClean: Bool { tally.isClean && connected == connections }

    /// Several lines for people.
    package var text: String {
        var lines = [
            "connections    \(connections), \(connected) of them at the end",
            "seconds        \(Self.rounded(seconds, 1))",
            "sent           \(counts.sent)",
            "stored         \(counts.stored)",
            "received       \(counts.received) (\(Self.rounded(Double(counts.received) / max(seconds, 0.001), 0)) a second)",
            "lost           \(tally.lost)",
            "duplicated     \(tally.duplicated)",
            "out of order   \(tally.outOfOrder)",
            "differing      \(tally.differing)",
            "unknown        \(uncertain)",
            "reconnects     \(counts.reconnects)",
            "latency        " + percentiles.map { "\($0.name) \($0.milliseconds) ms" }.joined(separator: "  "),
        ]
        lines += Self.listed("refused", counts.refusals)
        lines += Self.listed("closed", counts.closes)
        lines += Self.listed("turned away", counts.turnedAway)
        if connected < connections, let trouble { lines.append("last trouble   \(trouble)") }
        if counts.resets > 0 { lines.append("new epochs     \(counts.resets)") }
        lines.append(verdict)
        return lines.joined(separator: "\n")
    }

    /// The same as one JSON object in one line.
    package var json: String {
        var fields: [(String, String)] = [
            ("connections", "\(connections)"), ("connected", "\(connected)"), ("seconds", Self.rounded(seconds, 3)),
            ("sent", "\(counts.sent)"), ("stored", "\(counts.stored)"), ("received", "\(counts.received)"),
            ("lost", "\(tally.lost)"), ("duplicated", "\(tally.duplicated)"),
            ("out_of_order", "\(tally.outOfOrder)"), ("differing", "\(tally.differing)"),
            ("unknown", "\(uncertain)"), ("reconnects", "\(counts.reconnects)"), ("new_epochs", "\(counts.resets)"),
            ("refused", Self.object(counts.refusals)), ("closed", Self.object(counts.closes)),
            ("turned_away", Self.object(counts.turnedAway)),
        ]
        fields += percentiles.map { ("latency_\($0.name)_ms", $0.milliseconds) }
        fields.append(("clean", "\(isClean)"))
        return "{" + fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    private var verdict: String {
        var faults: [String] = []
        if !tally.isClean { faults.append("messages were lost, duplicated, out of order or differing") }
        if connected < connections { faults.append("\(connections - connected) connections are missing") }
        return faults.isEmpty ? "nothing lost, duplicated or out of order" : "FAILED: " + faults.joined(separator: "; ")
    }

    private var percentiles: [(name: String, milliseconds: String)] {
        let named = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)].map { name, share in
            (name: name, milliseconds: Self.rounded((latency.percentile(share) ?? 0) * 1000, 3))
        }
        return named + [(name: "max", milliseconds: Self.rounded(latency.maximum * 1000, 3))]
    }

    private static func listed(_ title: String, _ counts: [String: Int]) -> [String] {
        guard !counts.isEmpty else { return [] }
        let listed = counts.sorted { $0.key < $1.key }.map { "\($0.key) ×\($0.value)" }.joined(separator: ", ")
        return [title + String(repeating: " ", count: 15 - title.count) + listed]
    }

    private static func object(_ counts: [String: Int]) -> String {
        let members = counts.sorted { $0.key < $1.key }.map { pair -> String in
            var name = JSONWriter()
            name.lineString(pair.key)
            return String(decoding: name.bytes, as: UTF8.self) + ":\(pair.value)"
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func rounded(_ value: Double, _ places: Int) -> String {
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        let rounded = (value * scale).rounded() / scale
        return places == 0 ? String(Int64(rounded)) : String(rounded)
    }
}
