public import NIOCore

/// Why all clients are disconnected, and when they must reconnect.
public struct Departure: Sendable, Equatable {
    /// The close code that clients receive.
    public var code: CloseCode
    /// A client that is still connecting or logging in has this time: it receives its welcome first.
    public var loginGrace: TimeAmount
    /// All clients reconnect within this number of milliseconds.
    public var retryMillisecondsMax: Int

    /// No client reconnects earlier, in milliseconds.
    public static let retryMillisecondsMin = 200

    /// The server stops; another server may take the clients.
    ///
    /// - Parameter connections: the number of connections to close.
    public static func stop(connections: Int) -> Departure {
        Departure(code: .goingAway, loginGrace: .zero, retryMillisecondsMax: retryMillisecondsMax(connections))
    }

    /// Another process has taken over the port already.
    ///
    /// - Parameter connections: the number of connections to close.
    public static func restart(connections: Int, loginGrace: TimeAmount) -> Departure {
        Departure(code: .restart, loginGrace: loginGrace, retryMillisecondsMax: retryMillisecondsMax(connections))
    }

    /// The same without a grace time for clients that are still connecting or logging in.
    var withoutGrace: Departure {
        var departure = self
        departure.loginGrace = .zero
        return departure
    }

    /// The reason of a close frame: when to reconnect, a random time per client so that they do not all reconnect at
    /// once.
    var reason: String { "retry_ms=\(Int.random(in: Self.retryMillisecondsMin...retryMillisecondsMax))" }

    /// A thousand logins a second are a fifth of what a server can do.
    private static func retryMillisecondsMax(_ connections: Int) -> Int { max(2000, connections) }
}
