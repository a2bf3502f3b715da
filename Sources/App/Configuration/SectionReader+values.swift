extension SectionReader {
    /// A whole number within a range.
    mutating func integer(_ key: String, in range: ClosedRange<Int>, default fallback: Int) -> Int {
        guard let node = node(key) else { return fallback }
        return integer(key, node, allowed: "\(range.lowerBound) to \(range.upperBound)") { range.contains($0) }
            ?? fallback
    }

    /// A whole number that may be turned off with `null` or 0.
    mutating func optionalInteger(_ key: String, in range: ClosedRange<Int>, default fallback: Int?) -> Int? {
        guard let node = node(key) else { return fallback }
        if node.value == .null { return nil }
        let allowed = "\(range.lowerBound) to \(range.upperBound), or null or 0 for no limit"
        guard let value = integer(key, node, allowed: allowed, where: { $0 == 0 || range.contains($0) }) else {
            return fallback
        }
        return value == 0 ? nil : value
    }

    /// A number, whole or not, within a range.
    mutating func number(_ key: String, in range: ClosedRange<Double>, default fallback: Double) -> Double {
        guard let node = node(key) else { return fallback }
        let allowed = "\(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))"
        return number(key, node, allowed: allowed) { range.contains($0) } ?? fallback
    }

    /// A number, whole or not, that may be turned off with `null` or 0.
    mutating func optionalNumber(_ key: String, in range: ClosedRange<Double>, default fallback: Double?) -> Double? {
        guard let node = node(key) else { return fallback }
        if node.value == .null { return nil }
        let allowed =
            "\(Self.text(range.lowerBound)) to \(Self.text(range.upperBound)), or null or 0 to turn it off"
        guard let value = number(key, node, allowed: allowed, where: { $0 == 0 || range.contains($0) }) else {
            return fallback
        }
        return value == 0 ? nil : value
    }

    /// A length of time in seconds, whole or not, that may be turned off with `null` or 0.
    mutating func optionalSeconds(
        _ key: String, in range: ClosedRange<Double>, default fallback: Duration?
    ) -> Duration? {
        optionalNumber(key, in: range, default: fallback.map { $0 / .seconds(1) }).map { .seconds($0) }
    }

    /// `true` or `false`.
    mutating func bool(_ key: String, default fallback: Bool) -> Bool {
        guard let node = node(key) else { return fallback }
        guard case .bool(let value) = node.value else {
            reject(key, "expected true or false, found \(node.typeName)")
            return fallback
        }
        return value
    }

    /// A string that is not empty and holds no NUL.
    mutating func string(_ key: String, default fallback: String) -> String {
        guard let node = node(key) else { return fallback }
        return string(key, node) ?? fallback
    }

    /// A string that is not empty, or `null`.
    mutating func optionalString(_ key: String) -> String? {
        guard let node = node(key), node.value != .null else { return nil }
        return string(key, node)
    }

    /// An array of strings that are not empty.
    mutating func strings(_ key: String) -> [String]? {
        guard let node = node(key) else { return nil }
        guard case .array(let elements) = node.value else {
            reject(key, "expected an array of strings, found \(node.typeName)")
            return nil
        }
        var strings: [String] = []
        for (index, element) in elements.enumerated() {
            guard case .string(let text) = element.value else {
                reject(key, element: index, "expected a string, found \(element.typeName)")
                continue
            }
            guard !text.isEmpty, !text.utf8.contains(0) else {
                reject(key, element: index, "must be a string that is not empty")
                continue
            }
            strings.append(text)
        }
        return strings
    }

    private func integer(_ key: String, _ node: JSONNode, allowed: String, where isAllowed: (Int) -> Bool) -> Int? {
        guard case .number(let text) = node.value, JSONNode.isWhole(text) else {
            reject(key, "expected a whole number (allowed: \(allowed)), found \(node.typeName)")
            return nil
        }
        // A number too long for Int is out of any range.
        guard let value = Int(text), isAllowed(value) else {
            reject(key, "\(text) is out of range; allowed: \(allowed)")
            return nil
        }
        return value
    }

    private func number(_ key: String, _ node: JSONNode, allowed: String, where isAllowed: (Double) -> Bool) -> Double?
    {
        guard case .number(let text) = node.value else {
            reject(key, "expected a number (allowed: \(allowed)), found \(node.typeName)")
            return nil
        }
        guard let value = Double(text), isAllowed(value) else {
            reject(key, "\(text) is out of range; allowed: \(allowed)")
            return nil
        }
        return value
    }

    private func string(_ key: String, _ node: JSONNode) -> String? {
        guard case .string(let text) = node.value else {
            reject(key, "expected a string, found \(node.typeName)")
            return nil
        }
        guard !text.isEmpty, !text.utf8.contains(0) else {
            reject(key, "must be a string that is not empty and holds no NUL")
            return nil
        }
        return text
    }

    private static func text(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }
}
