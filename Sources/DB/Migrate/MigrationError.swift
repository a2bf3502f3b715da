/// Why the schema could not be brought up to date; `description` is one line for people.
public enum MigrationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The database cannot be reached, or the connection broke.
    case unavailable(String)
    /// The database cannot hold our schema: its version or its encoding.
    case unsuitable(String)
    /// The directory of migrations is missing, unreadable, or its files are not numbered 0001, 0002 …
    case badFiles(String)
    /// A file that has been applied is another one now, or is missing.
    case changed(file: String)
    /// A file's SQL was refused; nothing of the file was applied. `line` is 1-based, if the server tells it.
    case failed(file: String, line: Int?, message: String)

    /// One line that names the file concerned.
    public var description: String {
        switch self {
        case .unavailable(let reason): "the database cannot be reached: \(reason)"
        case .unsuitable(let reason): "the database cannot be used: \(reason)"
        case .badFiles(let reason): reason
        case .changed(let file): "migration \(file) has been applied, but its file was changed or removed since"
        case .failed(let file, let line?, let message): "migration \(file), line \(line): \(message)"
        case .failed(let file, nil, let message): "migration \(file): \(message)"
        }
    }
}
