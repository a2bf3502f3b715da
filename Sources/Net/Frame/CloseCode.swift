/// Why a WebSocket ends, as the client is told (RFC 6455 section 7.4, and 4400-4499 of this protocol).
public enum CloseCode: UInt16, Sendable, CaseIterable {
    /// The client is done.
    case normal = 1000
    /// The server goes away; the reason says when to come back.
    case goingAway = 1001
    /// The client broke RFC 6455; it should not come back.
    case protocolError = 1002
    /// A binary frame; it should not come back.
    case unsupportedData = 1003
    /// Text that is not UTF-8, or compressed data that cannot be inflated; it should not come back.
    case invalidText = 1007
    /// A message over the limit; it should not come back.
    case tooBig = 1009
    /// A fault of the server; come back with backoff.
    case internalError = 1011
    /// A planned restart; the reason says when to come back.
    case restart = 1012
    /// Too much load, or no progress in reading; come back with backoff.
    case tryLater = 1013
    /// The session key is missing, unknown or expired: get a new session.
    case sessionInvalid = 4401
    /// The session was revoked while connected.
    case sessionRevoked = 4403
    /// The handshake, the first frame or a pong did not come in time; come back.
    case timeout = 4408
    /// Too many connections of this session.
    case tooManyConnections = 4409
    /// Kept flooding after `rate_limited` errors; come back with backoff.
    case flooding = 4429

    /// Whether a peer may send this code (RFC 6455 section 7.4.1 and 7.4.2, and IANA's registry up to 1014).
    static func isValidFromPeer(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
