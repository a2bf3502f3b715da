public import NIOCore

/// Why all clients are sent away, and when they are to come back.
public struct Departure: Sendable, Equatable {
    /// What they are told.
    public var code: CloseCode
    /// A client that is still connecting or logging in is spared for so long: it gets its welcome first.
    public var loginGrace: TimeAmount
    /// Within so many milliseconds all of them come back.
    public var retryMillisecondsMax: Int

    /// None comes back sooner, in milliseconds.
    public static let retryMillisecondsMin = 200

    /// The server stops: somebody else, somewhere else, may take them.
    ///
    /// - Parameter connections: how many are sent away.
    public static func stop(connections: Int) -> Departure {
        Departure(code: .goingAway, loginGrace: .zero, retryMillisecondsMax: retryMillisecondsMax(connections))
    }

    /// Another process has taken over the port already.
    ///
    /// - Parameter connections: how many are sent away.
    public static func restart(connections: Int, loginGrace: TimeAmount) -> Departure {
        Departure(code: .restart, loginGrace: loginGrace, retryMillisecondsMax: retryMillisecondsMax(connections))
    }

    /// Now, also for clients that are still connecting or logging in.
    var withoutGrace: Departure {
        var departure = self
        departure.loginGrace = .zero
        return departure
    }

    /// The reason of a close frame: when to come back, another time for each client so that they do not come all at once.
    var reason: String { "retry_ms=\(Int.random(in: Self.retryMillisecondsMin...retryMillisecondsMax))" }

    /// A thousand logins a second are a fifth of what a server can do.
    private static func retryMillisecondsMax(_ connections: Int) -> Int { max(2000, connections) }
}
