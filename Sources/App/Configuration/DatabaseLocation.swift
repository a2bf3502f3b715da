/// Where the database is: `db_url`.
enum DatabaseLocation: Sendable, Equatable {
    /// A libpq connection string or URI, handed to libpq untouched. May hold a password: never log it, log `redacted`.
    case url(String)
    /// A private cluster of the server's own in a directory.
    case embedded(directory: String)

    /// What may be logged: of a connection string only where it leads, never a password.
    var redacted: String {
        switch self {
        case .embedded(let directory): "embedded:\(directory)"
        case .url(let text): ConnectionStringRedaction.redact(text)
        }
    }
}
