internal import NIOCore
internal import Net

/// How a process that ends closes its client connections.
struct DrainPlan {
    /// The maximum time for the login of a client whose socket was accepted just before another process took over.
    static let loginGraceMax = Duration.seconds(1)

    /// The time over which the connections are closed, long enough that clients do not reconnect all at once.
    var spread: Duration
    /// How long clients that are still logging in stay connected; no other process can answer them.
    var loginGrace: Duration
    /// What is sent to the clients.
    var reason: DrainReason

    /// A plan that ends within seven tenths of the timeout.
    ///
    /// - Parameter hasSuccessor: whether another process has taken over, so that late logins must still be answered.
    init(connections: Int, timeout: Duration, hasSuccessor: Bool) {
        spread = min(timeout * 0.5, .milliseconds(2) * connections)
        loginGrace = hasSuccessor ? min(timeout * 0.2, Self.loginGraceMax) : .zero
        reason =
            hasSuccessor
            ? .restart(connections: connections, loginGrace: TimeAmount(loginGrace)) : .stop(connections: connections)
    }
}
