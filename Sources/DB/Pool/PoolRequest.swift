internal import Rooms

/// A statement that waits for a connection, and its caller.
struct PoolRequest: Sendable {
    /// What to run.
    let statement: Statement
    /// Its parameters.
    let parameters: [PostgresValue]
    /// The class whose queue it waits in.
    let urgency: Urgency
    /// Whether it may be sent again when the connection broke and its outcome is unknown.
    let isRepeatable: Bool
    /// How many times it has been sent.
    var attempts = 0
    /// The caller; resumed exactly once.
    let caller: CheckedContinuation<Result<PostgresResult, StoreError>, Never>
}
