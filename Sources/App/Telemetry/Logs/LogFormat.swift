/// How log lines look on stdout.
package enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object per line, for programs.
    case json
    /// One aligned line, for people.
    case text
}
