public import NIOCore

/// The limits of the network side; each is also a metric when it bites.
public struct NetLimits: Sendable {
    /// Bytes of one message of a client, over all its fragments.
    public var messageBytesMax = 65_536
    /// Bytes of a message below which it is sent as it is, also to clients that take compressed ones: it would gain little.
    public var compressBytesMin = 256
    /// Fragments of one message, empty ones too.
    public var fragmentsMax = 1024
    /// WebSocket connections at once; nil for any number.
    public var connectionsMax: Int? = 15_000
    /// WebSocket connections and handshakes under way of one client address at once, a /64 of IPv6; nil for any number.
    public var connectionsPerAddressMax: Int?
    /// Sockets of one client address beyond its maximum that may still ask, to be told 503; further ones are closed at once.
    public var refusedPerAddressMax = 16
    /// Bytes of a PROXY protocol header of version 2.
    public var proxyHeaderBytesMax = 4096
    /// From accepting to the end of the login; nil for no limit.
    public var handshakeTimeout: TimeAmount? = .seconds(10)
    /// Between pings to a client; nil for no pings.
    public var pingInterval: TimeAmount? = .seconds(25)
    /// From a ping until something must have come; nil for no limit.
    public var pingTimeout: TimeAmount? = .seconds(20)
    /// From a close frame to the end of the socket.
    public var closeTimeout: TimeAmount = .seconds(3)
    /// From the last byte to a client until it has ended its side too; what it sends meanwhile is discarded.
    public var lingerTimeout: TimeAmount = .seconds(1)
    /// Bytes queued on a socket beyond which the member is left behind, to catch up later.
    public var sendQueueBytesMax = 1 << 20
    /// No byte taken by a client with a full queue for so long ends the connection; nil for no limit.
    public var slowTimeout: TimeAmount? = .seconds(30)
    /// Messages a second of one connection in the long run; nil for no limit.
    public var messagesPerSecond: Double? = 20
    /// Messages of one connection at once.
    public var messagesBurst: Double = 60
    /// Messages a second of one session over all its connections to this process; nil for no limit.
    public var sessionMessagesPerSecond: Double?
    /// Messages of one session at once.
    public var sessionMessagesBurst: Double = 600
    /// Sessions that are remembered after they left because they have just said much; beyond, all of these are forgotten.
    public var sessionsLeftMax = 10_000
    /// Clients that log in at once; the others wait in their order, within `handshakeTimeout`.
    public var loginsAtOnceMax = 256
    /// Clients that wait to log in; beyond, they are told to come back later.
    public var loginsWaitingMax = 16_384
    /// A client that finds too many waiting to log in is told to come back within this time, in milliseconds.
    static let loginRetryMilliseconds = 2000...10_000
    /// Requests for history of all clients that are under way at once, from the read of the database until the answer is
    /// on the socket's queue. Each holds `RoomLimits.historyBytesMax` a few times over. At least 1.
    public var historiesAtOnceMax = 4
    /// Requests for history that wait, one of a connection at most; beyond, clients are told to ask again later.
    public var historiesWaitingMax = 1024
    /// A client that finds too many waiting for history is told to ask again within this time, in milliseconds.
    static let historyRetryMilliseconds: ClosedRange<Int64> = 1000...5000
    /// Rooms that one login joins in turn because its session is moved meanwhile; beyond, the client is to come back.
    public var joinsPerLoginMax = 4
    /// Pings and pongs a second of one connection in the long run; beyond, it is closed.
    public var controlFramesPerSecond = 100.0
    /// Pings and pongs of one connection at once.
    public var controlFramesBurst = 1000.0
    /// Requests for history a second of one connection in the long run; each may cost a read of the database.
    public var historiesPerSecond = 5.0
    /// Requests for history of one connection at once.
    public var historiesBurst = 20.0
    /// Frames a second of one connection that are refused by its own fault, in the long run; beyond, it is closed.
    public var refusalsPerSecond = 10.0
    /// Such frames of one connection at once.
    public var refusalsBurst = 200.0
    /// Messages read from a socket and not yet taken by its connection; reading pauses beyond.
    public var inboundMessagesMax = 64
    /// Bytes read from a socket and not yet taken by its connection; reading pauses beyond.
    public var inboundBytesMax = 1 << 20
    /// Members of one loop to whom broadcasts are offered before its sockets are read again. At least 1.
    public var membersPerTurnMax = 256
    /// Bytes of messages up to which consecutive broadcasts of a room become one, where a loop falls behind.
    public var mergedBroadcastBytesMax = 256 << 10
    /// Pages under way at once on one loop for members that are behind.
    public var pagesInFlightMax = 16
    /// From one turn of broadcasts to the next one; long enough for a loop to look at its sockets in between.
    static let deliveryPause: TimeAmount = .microseconds(20)
    /// Connections a second that the kernel holds before they are accepted.
    public var backlog = 4096
    /// Connections accepted in one turn of the loop.
    public var acceptsPerTurnMax = 64
    /// Sockets of one listener, from accept to close, also those that are not clients yet; beyond, they wait in the kernel's
    /// queue. At least 1; nil for any number.
    public var socketsMax: Int?
    /// The pause after the system had no descriptor left to accept with.
    public var acceptRetryInterval: TimeAmount = .milliseconds(500)
    /// Bytes of all header fields of a request.
    public var headerBytesMax = 16 << 10
    /// Bytes of one header field of a request.
    public var headerFieldBytesMax = 8 << 10
    /// Header fields of a request.
    public var headerFieldsMax = 64

    /// The default limits.
    public init() {}
}
