/// The counts of a run so far.
struct LoadCounts: Sendable, Equatable {
    /// Messages sent, without repeats.
    var sent = 0
    /// Own messages that came back.
    var stored = 0
    /// Messages received by all connections.
    var received = 0
    /// Sockets opened after the first of each connection.
    var reconnects = 0
    /// Refusals by error code, such as `rate_limited`.
    var refusals: [String: Int] = [:]
    /// Connections that ended and do not reconnect, by close code.
    var turnedAway: [String: Int] = [:]
    /// Connections closed by the server or broken, whether or not they reconnect, by close code or `broken`.
    var closes: [String: Int] = [:]
    /// How often a connection found a new epoch of its room.
    var resets = 0
}
