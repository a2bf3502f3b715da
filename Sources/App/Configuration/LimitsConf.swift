/// `limits`: the limits for one client and for all clients together; nil turns a limit off.
struct LimitsConf: Sendable, Equatable {
    /// `message_bytes_max`: the longest message a client may send, in bytes as it arrives.
    var messageBytesMax = 65_536
    /// `connections_max`: clients of this process.
    var connectionsMax: Int? = 15_000
    /// `connections_per_address_max`: clients of one address on this process, including those without a request so far.
    var connectionsPerAddressMax: Int?
    /// `connections_per_session_max`: clients of one session on this process.
    var connectionsPerSessionMax: Int? = 100
    /// `handshake_timeout_s`: from accept to authenticated.
    var handshakeTimeout: Duration? = .seconds(10)
    /// `ping_interval_s`: how long a client may be silent before it is sent a ping.
    var pingInterval: Duration? = .seconds(25)
    /// `ping_timeout_s`: how long the answer to a ping may take.
    var pingTimeout: Duration? = .seconds(20)
    /// `send_queue_bytes_max`: the bytes queued for one slow reader before the server waits for it.
    var sendQueueBytesMax = 1_048_576
    /// `slow_timeout_s`: how long a slow reader may make no progress at all.
    var slowTimeout: Duration? = .seconds(30)
    /// `messages_per_s`: messages of one client a second, in the long run.
    var messagesPerSecond: Double? = 20
    /// `messages_burst`: messages of one client at once; has no effect while `messages_per_s` is off.
    var messagesBurst = 60
    /// `session_messages_per_s`: messages of one session over all its connections a second, in the long run.
    var sessionMessagesPerSecond: Double? = 200
    /// `session_messages_burst`: the same at once; has no effect while `session_messages_per_s` is off.
    var sessionMessagesBurst = 600
}
