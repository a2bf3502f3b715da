/// Everything that is wrong with a configuration, found in one reading.
package struct ConfigErrors: Error, Equatable {
    /// The file as the operator named it.
    package var source: String
    /// At least one issue, in the order of the file.
    package var issues: [ConfigIssue]

    /// One line an issue: `site_conf.json: limits.history: unknown key`.
    package var lines: [String] {
        issues.map { issue in
            let place = issue.path.isEmpty ? source : "\(source): \(issue.path)"
            return "\(place): \(issue.text)"
        }
    }
}
