package import NIOCore

/// The limits of the network side; a metric shows when a limit takes effect.
package struct NetLimits: Sendable, Equatable {
    /// Bytes of one message of a client, over all its fragments.
    package var messageBytesMax = 65_536
    /// Seconds after which authors cannot change their messages any more; nil for no end.
    package var editWindowSeconds: Int? = 3600
    /// Bytes of a message below which it is not compressed, because the gain would be small.
    package var compressBytesMin = 256
    /// Fragments of one message, including empty ones.
    package var fragmentsMax = 1024
    /// WebSocket connections at once; nil for no limit.
    package var connectionsMax: Int? = 15_000
    /// WebSocket connections and handshakes of one client address, or IPv6 /64, at once; nil for no limit.
    package var connectionsPerAddressMax: Int?
    /// Sockets of one client address over its maximum that still receive a 503; further ones are closed at once.
    package var refusedPerAddressMax = 16
    /// Bytes of a PROXY protocol header of version 2.
    package var proxyHeaderBytesMax = 4096
    /// From accept to the end of the login; nil for no limit.
    package var handshakeTimeout: TimeAmount? = .seconds(10)
    /// Between pings to a client; nil for no pings.
    package var pingInterval: TimeAmount? = .seconds(25)
    /// From a ping until bytes must arrive from the client; nil for no limit.
    package var pingTimeout: TimeAmount? = .seconds(20)
    /// From a close frame until the socket is closed.
    package var closeTimeout: TimeAmount = .seconds(3)
    /// From the last byte sent until the client must have closed its side; bytes that arrive meanwhile are discarded.
    package var lingerTimeout: TimeAmount = .seconds(1)
    /// Bytes queued on a socket at which live broadcasts to the member stop; it catches up later.
    package var sendQueueBytesMax = 1 << 20
    /// Time without progress after which a client with queued bytes is disconnected; nil for no limit.
    package var slowTimeout: TimeAmount? = .seconds(30)
    /// Messages a second of one connection in the long run; nil for no limit.
    package var messagesPerSecond: Double? = 20
    /// Messages of one connection at once.
    package var messagesBurst: Double = 60
    /// Messages a second of one session over all its connections to this process; nil for no limit.
    package var sessionMessagesPerSecond: Double? = 200
    /// Messages of one session at once.
    package var sessionMessagesBurst: Double = 600
    /// Rates kept for sessions that have left, until their burst is available again; above, all of them are discarded.
    package var sessionsLeftMax = 10_000
    /// People whose last message in a room with slow mode is remembered; above, all of them are forgotten.
    package var slowModeTimesMax = 100_000
    /// Logins in progress at once; the other clients wait in order, within `handshakeTimeout`.
    package var loginsAtOnceMax = 256
    /// Clients that wait to log in; further ones are told to reconnect later.
    package var loginsWaitingMax = 16_384
    /// A client that finds the login queue full is told to reconnect after a time in this range, in milliseconds.
    static let loginRetryMilliseconds = 2000...10_000
    /// History requests in progress at once, over all clients, from the database read until the reply is in the
    /// socket's queue. Each takes a few times `RoomLimits.historyBytesMax`. At least 1.
    package var historiesAtOnceMax = 4
    /// History requests that wait, at most one per connection; further clients are told to retry later.
    package var historiesWaitingMax = 1024
    /// A client that finds the history queue full is told to retry after a time in this range, in milliseconds.
    static let historyRetryMilliseconds: ClosedRange<Int64> = 1000...5000
    /// Rooms that one login joins in turn because its session is moved meanwhile; then the client must reconnect.
    package var joinsPerLoginMax = 4
    /// Pings and pongs a second of one connection in the long run; above, the connection is closed.
    package var controlFramesPerSecond = 100.0
    /// Pings and pongs of one connection at once.
    package var controlFramesBurst = 1000.0
    /// History requests a second of one connection in the long run; each may read the database.
    package var historiesPerSecond = 5.0
    /// History requests of one connection at once.
    package var historiesBurst = 20.0
    /// Refused frames a second of one connection, by the client's fault, in the long run; above, the connection is
    /// closed.
    package var refusalsPerSecond = 10.0
    /// Refused frames of one connection at once.
    package var refusalsBurst = 200.0
    /// Messages read from a socket and not yet handled by its connection; reading pauses at this number.
    package var inboundMessagesMax = 64
    /// Bytes read from a socket and not yet handled by its connection; reading pauses at this number.
    package var inboundBytesMax = 1 << 20
    /// Bytes of one read from a socket.
    static let readBytesMax = 65_536
    /// Members of one loop that are offered broadcasts before its sockets are read again. At least 1.
    package var membersPerTurnMax = 256
    /// Bytes of messages up to which consecutive broadcasts of a room are merged when a loop falls behind.
    package var mergedBroadcastBytesMax = 256 << 10
    /// Page fetches in progress at once on one loop, for members that are behind.
    package var pagesInFlightMax = 16
    /// The pause between two turns of broadcasts; long enough for a loop to read its sockets in between.
    static let deliveryPause: TimeAmount = .microseconds(20)
    /// Connections that the kernel queues until they are accepted.
    package var backlog = 4096
    /// Connections accepted in one turn of the loop.
    package var acceptsPerTurnMax = 64
    /// Sockets of one listener, from accept to close, including those before the upgrade; further ones wait in the
    /// kernel's queue. At least 1; nil for no limit.
    package var socketsMax: Int?
    /// The pause in accepting after the system had no descriptor left.
    package var acceptRetryInterval: TimeAmount = .milliseconds(500)
    /// The size of a request's head.
    package var head = HTTPHeadLimits()

    /// The default limits.
    package init() {}
}
