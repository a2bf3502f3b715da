/// What all sections share while one file is read: the base of relative paths, and the issues, so that all of them are
/// reported at once.
///
/// A class because every section writes into the same list, on one thread.
final class ConfigReading {
    private let directory: String
    private var issues: [ConfigIssue] = []

    /// - Parameter directory: the base of relative paths; empty for the current directory.
    init(directory: String) { self.directory = directory }

    func add(_ path: String, _ text: String, at position: JSONPosition?) {
        issues.append(ConfigIssue(path: path, text: text, position: position))
    }

    /// The issues in the order of the file; those without a position come last.
    var issuesInFileOrder: [ConfigIssue] {
        let last = JSONPosition(offset: .max)
        return issues.enumerated()
            .sorted { ($0.element.position ?? last, $0.offset) < ($1.element.position ?? last, $1.offset) }
            .map(\.element)
    }

    /// The path of a file or directory that the configuration names.
    func resolve(_ path: String) -> String {
        path.hasPrefix("/") || directory.isEmpty ? path : "\(directory)/\(path)"
    }
}
