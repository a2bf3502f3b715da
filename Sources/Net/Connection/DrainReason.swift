package import NIOCore

/// Why all connections are closed, and when their clients must reconnect.
package struct DrainReason: Sendable, Equatable {
    /// The close code that clients receive.
    package var code: CloseCode
    /// A client that is still connecting or logging in has this time: it receives its welcome first.
    package var loginGrace: TimeAmount
    /// All clients reconnect within this number of milliseconds.
    package var retryMillisecondsMax: Int

    /// No client reconnects earlier, in milliseconds.
    package static let retryMillisecondsMin = 200

    /// The server stops; another server may take the clients.
    ///
    /// - Parameter connections: the number of connections to close.
    package static func stop(connections: Int) -> DrainReason {
        DrainReason(code: .goingAway, loginGrace: .zero, retryMillisecondsMax: retryMillisecondsMax(connections))
    }

    /// Another process has taken over the port already.
    ///
    /// - Parameter connections: the number of connections to close.
    package static func restart(connections: Int, loginGrace: TimeAmount) -> DrainReason {
        DrainReason(code: .restart, loginGrace: loginGrace, retryMillisecondsMax: retryMillisecondsMax(connections))
    }

    /// Whether clients that are still connecting or logging in have time to do so.
    var hasLoginGrace: Bool { loginGrace > .zero }

    /// The same without a grace time for clients that are still connecting or logging in.
    var withoutGrace: DrainReason {
        var reason = self
        reason.loginGrace = .zero
        return reason
    }

    /// The text of a close frame: when to reconnect, a random time per client so that they do not all reconnect at
    /// once.
    var text: String { "retry_ms=\(Int.random(in: Self.retryMillisecondsMin...retryMillisecondsMax))" }

    /// A thousand logins a second are a fifth of what a server can do.
    private static func retryMillisecondsMax(_ connections: Int) -> Int { max(2000, connections) }
}
