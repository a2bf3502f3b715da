/// Why the schema could not be brought up to date; `description` is one line for people.
package enum MigrationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The database cannot be reached, or the connection broke.
    case unavailable(String)
    /// The database cannot hold our schema, because of its version or its encoding.
    case unsuitable(String)
    /// The files are not numbered 0001, 0002 …
    case badFiles(String)
    /// A file that was applied has changed since, or is missing.
    case changed(file: String)
    /// The database has migrations beyond those of this program; `file` is the first of them.
    case newer(file: String)
    /// Objects of another application have names that the pending migrations need, such as `table public.log`.
    case foreign([String])
    /// Roomcast is in another schema, the first one of the connection's search path, and `db_schema` is the default.
    case elsewhere(schema: String)
    /// A file's SQL was refused; nothing of any pending file was applied. `line` is 1-based, if the server reports it.
    case failed(file: String, line: Int?, message: String)

    /// One line that names the file, the objects or the reason.
    package var description: String {
        switch self {
        case .unavailable(let reason): "the database cannot be reached: \(reason)"
        case .unsuitable(let reason): "the database cannot be used: \(reason)"
        case .badFiles(let reason): reason
        case .changed(let file): "migration \(file) has been applied, but its file was changed or removed since"
        case .newer(let file):
            "the database is newer than this program: migration \(file) has been applied and is unknown here;"
                + " run the version of Roomcast that brought it, or a later one"
        case .foreign(let objects): Self.describe(foreign: objects)
        case .elsewhere(let schema):
            "Roomcast's tables are in the schema \(schema), the first one in the search_path of the connection;"
                + " set db_schema to \"\(schema)\""
        case .failed(let file, let line?, let message): "migration \(file), line \(line): \(message)"
        case .failed(let file, nil, let message): "migration \(file): \(message)"
        }
    }

    private static let foreignObjectsNamed = 5

    private static func describe(foreign objects: [String]) -> String {
        var list = objects.prefix(foreignObjectsNamed).joined(separator: ", ")
        if objects.count > foreignObjectsNamed { list += " and \(objects.count - foreignObjectsNamed) more" }
        let (verb, object) = objects.count == 1 ? ("is", "it") : ("are", "them")
        return "the database has names that Roomcast needs: \(list) \(verb) not Roomcast's. Nothing was changed."
            + " Rename \(object), or put Roomcast into a schema of its own: set db_schema to \"chat\""
    }
}
