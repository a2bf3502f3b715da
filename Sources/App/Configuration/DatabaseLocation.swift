/// Where the database is: `db_url`.
package enum DatabaseLocation: Sendable, Equatable {
    /// A libpq connection string or URI, passed to libpq unchanged. May hold a password: never log it, log `redacted`.
    case url(String)
    /// A private cluster of this server in a directory.
    case embedded(directory: String)

    /// The value of `db_url`; a directory is as it is written, and empty if the text names none.
    init(_ text: String) {
        guard text.hasPrefix("embedded:") else {
            self = .url(text)
            return
        }
        self = .embedded(directory: String(text.dropFirst("embedded:".count)))
    }

    /// The part that may be logged: of a connection string only its destination, never a password.
    package var redacted: String {
        switch self {
        case .embedded(let directory): "embedded:\(directory)"
        case .url(let text): ConnectionStringRedaction.redact(text)
        }
    }
}
