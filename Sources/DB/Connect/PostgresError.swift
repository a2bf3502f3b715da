/// An error on one connection.
enum PostgresError: Error, Sendable, Equatable {
    /// The connection could not be opened, broke or was abandoned; the outcome of a statement is unknown.
    case connectionLost(String)
    /// The server refused the statement; the connection may still be used.
    case refused(Refusal)

    /// An error as the server reports it; Appendix A of the PostgreSQL manual lists the codes.
    struct Refusal: Sendable, Equatable {
        /// The SQLSTATE, five characters.
        var code: String
        /// The server's message. It may quote user data: for migrations only, never for logs or `StoreError`.
        var message: String
        /// The 1-based character position of the error in the statement, if the server reports it.
        var position: Int?
        /// The table, column and constraint of the error, as far as the server reports them; schema names, no data.
        var subject: String
    }

    /// The reason as text for people; never sent to clients.
    var reason: String {
        switch self {
        case .connectionLost(let reason): reason
        case .refused(let refusal): refusal.message
        }
    }
}
