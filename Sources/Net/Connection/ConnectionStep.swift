/// What a connection has to wait for, in a task of its own: one step at a time.
enum ConnectionStep: Sendable {
    case logIn(Connection, key: String)
    case answer(Connection, HistoryRequest)
    case leave(Connection)

    /// Takes the step.
    func take() async {
        switch self {
        case .logIn(let connection, let key): await connection.logIn(with: key)
        case .answer(let connection, let request): await connection.answer(request)
        case .leave(let connection): await connection.leave()
        }
    }
}
