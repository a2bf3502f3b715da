extension Attack {
    static let connections: [Attack] = [
        Attack("connection churn", expect: Set(Parting.allCases.map(\.rawValue))) { target in
            try openAndEnd(5000, on: target) { _ in }
        }
    ]

    /// Opens and ends connections, one after another, each in the next of five ways.
    ///
    /// - Parameter progress: is told how many are done, every thousand.
    package static func churn(
        _ full: Int, on target: AttackTarget, progress: @escaping @Sendable (Int) -> Void
    ) async throws -> Outcomes {
        try await onAttackThread { try openAndEnd(full, on: target, progress) }
    }

    private static func openAndEnd(
        _ full: Int, on target: AttackTarget, _ progress: (Int) -> Void
    ) throws -> Outcomes {
        var outcomes = Outcomes()
        for number in 0..<target.count(full) {
            let parting = Parting.allCases[number % Parting.allCases.count]
            try parting.run(on: target, number: number)
            outcomes.add(parting.rawValue)
            if number % 1000 == 999 { progress(number + 1) }
        }
        return outcomes
    }
}

/// The ways in which connections end.
private enum Parting: String, CaseIterable {
    case silent = "closed without a word"
    case interrupted = "ended within the request"
    case reset = "reset after the login"
    case polite = "said a thing and left with a close frame"
    case violation = "thrown out for a bad frame"

    func run(on target: AttackTarget, number: Int) throws(AttackFailure) {
        let query = "session_key=\(target.key(number))&history=0"
        switch self {
        case .silent:
            let socket = try AttackSocket(target.port, from: UInt8(1 + number % 200))
            socket.close()
        case .interrupted:
            let socket = try AttackSocket(target.port, from: UInt8(1 + number % 200))
            socket.send(Array(AttackSocket.upgradeRequest(query).prefix(60)))
            socket.close()
        case .reset:
            let socket = try AttackSocket.upgraded(target.port, query)
            socket.reset()
        case .polite:
            let socket = try AttackSocket.upgraded(target.port, query)
            socket.send(AttackFrame.text("{\"message\":\"hello\"}") + AttackFrame.bytes(8, [3, 232]))
            try expect("close 1000", of: socket)
        case .violation:
            let socket = try AttackSocket.upgraded(target.port, query)
            socket.send([0x81, 0])
            try expect("close 1002", of: socket)
        }
    }

    private func expect(_ end: String, of socket: AttackSocket) throws(AttackFailure) {
        let outcome = socket.outcome()
        socket.close()
        guard outcome == end else { throw AttackFailure("\(rawValue): \(outcome) instead of \(end)", 0) }
    }
}
