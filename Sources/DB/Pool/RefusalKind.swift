/// How to handle a statement that the server refused on a connection that is still open, by its SQLSTATE (manual,
/// appendix A).
///
/// None of the codes counts as an outage: triggers and foreign tables of the embedding application can raise any of
/// them for a single message. An error that ends the connection, such as `admin_shutdown`, is a lost connection
/// instead.
enum RefusalKind: Equatable {
    /// Deadlock or serialization failure: the same statement may succeed now.
    case repeatNow
    /// The connection may be unusable although it is open: the server has become a standby, or lost a plan.
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
