public import NIOCore

/// What one HTTP listener allows: each bound exists so that no client can make the server hold much, or for long.
public struct HTTPLimits: Sendable {
    /// Open connections of one listener; one more is closed at once.
    public var connectionsMax = 1024

    /// Open connections of one client address, a /64 of IPv6, at one listener; one more is closed at once, or answered with
    /// 503 when only its request tells the address. At least 1.
    public var connectionsPerAddressMax = 128

    /// Bytes of one header field, and of the request target.
    public var fieldBytesMax = 8 * 1024

    /// Bytes of all header fields of a request.
    public var headerBytesMax = 16 * 1024

    /// Header fields of a request.
    public var fieldsMax = 64

    /// From accepting a connection to the first byte of its client.
    public var firstByteTimeout = TimeAmount.seconds(5)

    /// From the start of a connection, or the end of the last response, to the end of the next request's head.
    ///
    /// The rule covers a handshake that never ends, a head that trickles in and an idle connection.
    public var requestTimeout = TimeAmount.seconds(15)

    /// For a client to take a response that has been written.
    public var responseTimeout = TimeAmount.seconds(60)

    /// For a client to hang up after it was told that the connection closes; what it still sends is thrown away.
    public var lingerTimeout = TimeAmount.seconds(2)

    /// How often a connection looks at its deadlines: they are this coarse.
    public var sweepInterval = TimeAmount.seconds(1)

    /// The defaults.
    public init() {}
}
