/// What a page in Prometheus' text format says; reading fails on anything that Prometheus would not take.
struct PrometheusReading {
    /// A line that makes no sense.
    struct Nonsense: Error {
        var line: String
    }

    /// The type of each family.
    private(set) var types: [String: String] = [:]
    private var samples: [String: Double] = [:]

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Nonsense(line: "no line end at the end") }
        for line in text.split(separator: "\n") { try read(String(line)) }
        try checkHistograms()
    }

    /// The value of a sample without labels; nil if there is none.
    func value(_ name: String) -> Double? { samples[name] }

    private mutating func read(_ line: String) throws {
        if let type = line.wholeMatch(of: #/# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary|untyped)/#) {
            guard types.updateValue(String(type.2), forKey: String(type.1)) == nil else { throw Nonsense(line: line) }
        } else if line.wholeMatch(of: #/# HELP [a-zA-Z_:][\w:]* .*/#) != nil {
            return
        } else if let sample = line.wholeMatch(of: #/([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="[^"\\]*",?)+\})? (\S+)/#) {
            let name = String(sample.1)
            let number = sample.3 == "+Inf" ? Double.infinity : Double(sample.3)
            guard let number, types[family(of: name)] != nil else { throw Nonsense(line: line) }
            let key = name + (sample.2.map(String.init) ?? "")
            guard samples.updateValue(number, forKey: key) == nil else { throw Nonsense(line: line) }
        } else {
            throw Nonsense(line: line)
        }
    }

    private func family(of name: String) -> String {
        if types[name] != nil { return name }
        for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
            return String(name.dropLast(suffix.count))
        }
        return name
    }

    /// The last bucket of each histogram holds everything.
    private func checkHistograms() throws {
        for (name, type) in types where type == "histogram" {
            let all = samples["\(name)_bucket{le=\"+Inf\"}"]
            guard let all, all == samples["\(name)_count"], samples["\(name)_sum"] != nil else {
                throw Nonsense(line: name)
            }
        }
    }
}
