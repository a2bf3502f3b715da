/// A statement as sent: prepared under its name on each connection at its first use there.
struct Statement: Sendable, Equatable {
    /// Unique among the statements of this module; empty for one that is not kept prepared.
    let name: String
    /// One SQL statement with parameters `$1` …
    let sql: String

    /// A statement of this module, kept prepared under `name`.
    init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
    }

    /// A statement that is used once.
    static func once(_ sql: String) -> Statement { Statement("", sql) }
}
