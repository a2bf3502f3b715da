/// Why a WebSocket closes, as sent to the client (RFC 6455 section 7.4, and 4400-4499 of this protocol).
public enum CloseCode: UInt16, Sendable, CaseIterable {
    /// The client is done.
    case normal = 1000
    /// The server stops; the reason says when to reconnect.
    case goingAway = 1001
    /// The client violated RFC 6455; it should not reconnect.
    case protocolError = 1002
    /// A binary frame; the client should not reconnect.
    case unsupportedData = 1003
    /// Text that is not UTF-8, or compressed data that cannot be inflated; the client should not reconnect.
    case invalidText = 1007
    /// A message over the limit; the client should not reconnect.
    case tooBig = 1009
    /// An internal error of the server; reconnect with backoff.
    case internalError = 1011
    /// A planned restart; the reason says when to reconnect.
    case restart = 1012
    /// Too much load, or no progress in reading; reconnect with backoff.
    case tryLater = 1013
    /// The session key is missing, unknown or expired: get a new session.
    case sessionInvalid = 4401
    /// The session was revoked while connected.
    case sessionRevoked = 4403
    /// The handshake, the first frame or a pong did not come in time; reconnect.
    case timeout = 4408
    /// Too many connections of this session.
    case tooManyConnections = 4409
    /// The client kept flooding after `rate_limited` errors; reconnect with backoff.
    case flooding = 4429

    /// Whether a peer may send this code (RFC 6455 section 7.4.1 and 7.4.2, and IANA's registry up to 1014).
    static func isValidFromPeer(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
