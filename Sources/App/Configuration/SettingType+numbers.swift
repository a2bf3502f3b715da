internal import NIOCore

extension SettingType<Bool> {
    /// `true` or `false`.
    static let bool = SettingType(name: "boolean", allowed: "true, false") { value in
        guard case .bool(let isOn) = value.node.value else {
            value.reject("expected true or false, found \(value.node.typeName)")
            return nil
        }
        return isOn
    } write: {
        "\($0)"
    }
}

extension SettingType<Int> {
    /// A whole number within a range.
    static func wholeNumber(_ range: ClosedRange<Int>) -> SettingType {
        let allowed = "\(range.lowerBound) to \(range.upperBound)"
        return SettingType(name: "whole number", allowed: allowed) { value in
            value.number("whole number", allowed: allowed, isForm: JSONNode.isWhole) { range.contains($0) }
        } write: {
            "\($0)"
        }
    }
}

extension SettingType<Int?> {
    /// A whole number that `null` or 0 turns off.
    ///
    /// - Parameter off: what turning it off means.
    static func optionalWholeNumber(_ range: ClosedRange<Int>, off: String = "for no limit") -> SettingType {
        let allowed = "\(range.lowerBound) to \(range.upperBound), or null or 0 \(off)"
        return SettingType(name: "whole number or null", allowed: allowed) { value in
            if value.node.value == .null { return .some(nil) }
            return value.number("whole number", allowed: allowed, isForm: JSONNode.isWhole) {
                $0 == 0 || range.contains($0)
            }.map { $0 == 0 ? nil : $0 }
        } write: {
            $0.map { "\($0)" } ?? "null"
        }
    }
}

extension SettingType<Double> {
    /// A number, whole or not, within a range.
    static func number(_ range: ClosedRange<Double>) -> SettingType {
        let allowed = "\(text(range.lowerBound)) to \(text(range.upperBound))"
        return SettingType(name: "number", allowed: allowed) { value in
            value.number("number", allowed: allowed) { range.contains($0) }
        } write: {
            text($0)
        }
    }

    fileprivate static func text(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }

    /// A whole number that is kept as a `Double`.
    static func wholeNumber(_ range: ClosedRange<Int>) -> SettingType {
        SettingType<Int>.wholeNumber(range).map {
            Double($0)
        } back: {
            Int($0)
        }
    }
}

extension SettingType<Double?> {
    /// A number, whole or not, that `null` or 0 turns off.
    static func optionalNumber(_ range: ClosedRange<Double>) -> SettingType {
        let (least, most) = (SettingType<Double>.text(range.lowerBound), SettingType<Double>.text(range.upperBound))
        let allowed = "\(least) to \(most), or null or 0 to turn it off"
        return SettingType(name: "number or null", allowed: allowed) { value in
            if value.node.value == .null { return .some(nil) }
            return value.number("number", allowed: allowed) { $0 == 0 || range.contains($0) }.map { $0 == 0 ? nil : $0 }
        } write: {
            $0.map { SettingType<Double>.text($0) } ?? "null"
        }
    }
}

extension SettingType<Duration> {
    /// A time in seconds, whole or not.
    static func seconds(_ range: ClosedRange<Double>) -> SettingType {
        SettingType<Double>.number(range).map {
            .seconds($0)
        } back: {
            $0 / .seconds(1)
        }
    }
}

extension SettingType<Duration?> {
    /// A time in seconds, whole or not, that `null` or 0 turns off.
    static func optionalSeconds(_ range: ClosedRange<Double>) -> SettingType {
        SettingType<Double?>.optionalNumber(range).map {
            $0.map { .seconds($0) }
        } back: {
            $0.map { $0 / .seconds(1) }
        }
    }
}

extension SettingType<TimeAmount?> {
    /// A time in seconds, whole or not, that `null` or 0 turns off.
    static func optionalSeconds(_ range: ClosedRange<Double>) -> SettingType {
        SettingType<Duration?>.optionalSeconds(range).map {
            $0.map { TimeAmount($0) }
        } back: {
            $0.map { Duration($0) }
        }
    }
}

extension SettingValue {
    /// The number, if it has the right form and is allowed; else records an issue and returns nil.
    ///
    /// - Parameters:
    ///   - type: the name of what is expected.
    ///   - allowed: the allowed numbers, for people.
    ///   - isForm: whether a JSON number has the form of the type.
    fileprivate func number<Number: LosslessStringConvertible>(
        _ type: String, allowed: String, isForm: (String) -> Bool = { _ in true }, where isAllowed: (Number) -> Bool
    ) -> Number? {
        guard case .number(let text) = node.value, isForm(text) else {
            reject("expected a \(type) (allowed: \(allowed)), found \(node.typeName)")
            return nil
        }
        // A whole number too long for its type is out of any range.
        guard let value = Number(text), isAllowed(value) else {
            reject("\(text) is out of range; allowed: \(allowed)")
            return nil
        }
        return value
    }
}
