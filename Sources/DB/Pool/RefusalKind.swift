/// What to do about a statement that the server refused, by its SQLSTATE (manual, appendix A).
enum RefusalKind: Equatable {
    /// Deadlock or serialization failure: the same statement may well succeed now.
    case repeatNow
    /// The connection is no good any more, though it is open: the server has become a standby, or forgot a plan.
    case reconnect
    /// The database cannot work now: shutting down, out of connections, disk or memory, cancelled.
    case unavailable
    /// The statement itself was refused.
    case rejected

    /// The kind of a SQLSTATE.
    init(code: String) {
        switch code {
        case "40001", "40P01": self = .repeatNow
        // read_only_sql_transaction; invalid_sql_statement_name; "cached plan must not change result type"
        case "25006", "26000", "0A000": self = .reconnect
        case "55P03", "": self = .unavailable
        default:
            self = ["08", "53", "57", "58"].contains { code.hasPrefix($0) } ? .unavailable : .rejected
        }
    }
}
