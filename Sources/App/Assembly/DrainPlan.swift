internal import NIOCore
internal import Net

/// How the clients of a process that ends are sent away.
struct DrainPlan {
    /// The longest that a client may take to log in whose socket was accepted just before another process took over.
    static let loginGraceMax = Duration.seconds(1)

    /// The time over which their connections are closed: as long as it takes to keep them from coming back all at once.
    var spread: Duration
    /// How long clients are spared that are still logging in; there is nobody else to answer them.
    var loginGrace: Duration
    /// What they are told.
    var departure: Departure

    /// A plan that ends within seven tenths of the timeout.
    ///
    /// - Parameter hasSuccessor: whether another process has taken over, so that whoever comes now is to be answered.
    init(connections: Int, timeout: Duration, hasSuccessor: Bool) {
        spread = min(timeout * 0.5, .milliseconds(2) * connections)
        loginGrace = hasSuccessor ? min(timeout * 0.2, Self.loginGraceMax) : .zero
        departure =
            hasSuccessor
            ? .restart(connections: connections, loginGrace: TimeAmount(loginGrace)) : .stop(connections: connections)
    }
}
