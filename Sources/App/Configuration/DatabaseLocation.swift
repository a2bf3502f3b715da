/// Where the database is: `db_url`.
enum DatabaseLocation: Sendable, Equatable {
    /// A libpq connection string or URI, passed to libpq unchanged. May hold a password: never log it, log `redacted`.
    case url(String)
    /// A private cluster of this server in a directory.
    case embedded(directory: String)

    /// The part that may be logged: of a connection string only its destination, never a password.
    var redacted: String {
        switch self {
        case .embedded(let directory): "embedded:\(directory)"
        case .url(let text): ConnectionStringRedaction.redact(text)
        }
    }
}
