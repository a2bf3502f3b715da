package import NIOCore

/// The limits of one HTTP listener: they bound the memory and the time that a client can take.
package struct HTTPLimits: Sendable {
    /// Open connections of one listener; one more is closed at once.
    package var connectionsMax = 1024

    /// Open connections of one client address, or IPv6 /64, at one listener; one more is closed at once, or answered
    /// with 503 if its address is known only from its request. At least 1.
    package var connectionsPerAddressMax = 128

    /// The size of a request's head.
    package var head = HTTPHeadLimits()

    /// From accepting a connection to the first byte of its client.
    package var firstByteTimeout = TimeAmount.seconds(5)

    /// From the start of a connection, or the end of the last response, to the end of the next request's head.
    ///
    /// It covers a handshake that never ends, a head that arrives slowly and an idle connection.
    package var requestTimeout = TimeAmount.seconds(15)

    /// From writing a response until the client must have read it.
    package var responseTimeout = TimeAmount.seconds(60)

    /// From the last response until the client must have closed its side; bytes that arrive meanwhile are discarded.
    package var lingerTimeout = TimeAmount.seconds(2)

    /// How often a connection checks its deadlines; this is their resolution.
    package var sweepInterval = TimeAmount.seconds(1)

    /// The defaults.
    package init() {}
}
