/// What must hold for any input, and did not for this one.
struct BrokenRule: Error, CustomStringConvertible {
    let description: String
}

/// Checks a rule.
func expect(_ holds: Bool, _ rule: @autoclosure () -> String) throws(BrokenRule) {
    guard holds else { throw BrokenRule(description: rule()) }
}
