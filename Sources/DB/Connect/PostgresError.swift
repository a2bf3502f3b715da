/// What went wrong on one connection.
enum PostgresError: Error, Sendable, Equatable {
    /// The connection could not be made, broke or was given up; the outcome of a statement is unknown.
    case connectionLost(String)
    /// The server refused the statement; the connection may still be used.
    case refused(Refusal)

    /// The server's side of an error: Appendix A of the PostgreSQL manual has the codes.
    struct Refusal: Sendable, Equatable {
        /// The SQLSTATE, five characters.
        var code: String
        /// The server's sentence. May quote data of users: for migrations only, never for logs or `StoreError`.
        var message: String
        /// The 1-based character of the statement at which the error is, if the server tells.
        var position: Int?
        /// The table and the constraint concerned, as far as the server tells; names of the schema, no data.
        var subject: String
    }

    /// The sentence for people; never given to clients.
    var reason: String {
        switch self {
        case .connectionLost(let reason): reason
        case .refused(let refusal): refusal.message
        }
    }
}
