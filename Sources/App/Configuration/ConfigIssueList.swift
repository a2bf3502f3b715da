/// Collects the issues of one reading, so that all of them are reported at once.
///
/// A class because every section of the file writes into the same list while it is read, on one thread.
final class ConfigIssueList {
    private(set) var issues: [ConfigIssue] = []

    func add(_ path: String, _ text: String, at position: JSONPosition?) {
        issues.append(ConfigIssue(path: path, text: text, position: position))
    }

    /// The issues in the order of the file; those without a position come last.
    var inFileOrder: [ConfigIssue] {
        let last = JSONPosition(offset: .max)
        return issues.enumerated()
            .sorted { ($0.element.position ?? last, $0.offset) < ($1.element.position ?? last, $1.offset) }
            .map(\.element)
    }
}
