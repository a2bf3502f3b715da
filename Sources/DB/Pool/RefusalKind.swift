/// What to do about a statement that the server refused over a connection that is still open, by its SQLSTATE (manual,
/// appendix A).
///
/// No SQLSTATE means an outage here: triggers and foreign tables of the embedding application can raise any of them for
/// a single message. An error that ends the connection, such as `admin_shutdown`, is no refusal but a lost connection.
enum RefusalKind: Equatable {
    /// Deadlock or serialization failure: the same statement may well succeed now.
    case repeatNow
    /// The connection may be no good any more, though it is open: the server has become a standby, or forgot a plan.
    case reconnect
    /// The statement itself was refused.
    case rejected

    /// The kind of a SQLSTATE.
    init(code: String) {
        switch code {
        case "40001", "40P01": self = .repeatNow
        // read_only_sql_transaction; invalid_sql_statement_name; "cached plan must not change result type"
        case "25006", "26000", "0A000": self = .reconnect
        default: self = .rejected
        }
    }
}
