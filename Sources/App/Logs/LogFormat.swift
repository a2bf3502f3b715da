internal import ArgumentParser

/// How log lines look on stdout.
enum LogFormat: String, Sendable, CaseIterable, ExpressibleByArgument {
    /// One JSON object per line, for programs.
    case json
    /// One aligned line, for people.
    case text
}
