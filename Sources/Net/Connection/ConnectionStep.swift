/// What a connection has to wait for, in a task of its own: one step at a time.
enum ConnectionStep: Sendable {
    case logIn(Connection, key: String)
    case answer(Connection, HistoryRequest)
    case leave(Connection)

    /// Takes the step.
    ///
    /// Isolated to the outlet of the connection, so that the task is on the loop also before and after the connection's
    /// call: without isolation it would be on the global pool there.
    func take(on outlet: isolated LoopOutlet) async {
        switch self {
        case .logIn(let connection, let key): await connection.logIn(with: key)
        case .answer(let connection, let request): await connection.answer(request)
        case .leave(let connection): await connection.leave()
        }
    }
}
