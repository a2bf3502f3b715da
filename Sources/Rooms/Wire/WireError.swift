/// An error that is sent to the client that caused it; the connection stays open.
public struct WireError: Error, Sendable, Equatable {
    /// The stable names of the protocol.
    public enum Code: String, Sendable {
        /// The frame is not a JSON object.
        case badJSON = "bad_json"
        /// A field is missing, of the wrong type, empty, or holds a NUL.
        case badMessage = "bad_message"
        /// A field is longer than allowed.
        case tooLong = "too_long"
        /// The client sends faster than its session is allowed to.
        case rateLimited = "rate_limited"
        /// The session may read only.
        case readOnly = "read_only"
        /// A moderator has muted the person.
        case muted
        /// Only moderators may write in the room now.
        case frozen
        /// The session may not do this, or not to this message.
        case forbidden
        /// The room has no such message.
        case notFound = "not_found"
        /// The database refused the message; it is not stored and will not be.
        case notStored = "not_stored"
        /// The database is unavailable and the queue is full; the message is not stored. Try again.
        case unavailable
        /// The object holds no command that this server knows.
        case unknownCommand = "unknown_command"
    }

    /// What went wrong.
    public var code: Code
    /// A human-readable explanation.
    public var detail: String
    /// The client's id of the message concerned.
    public var clientID: String?
    /// How long the person is muted; only with `muted`.
    public var mute: Moderation.Mute?
    /// When to try again; only with `rateLimited`.
    public var retryAfterMilliseconds: Int64?

    /// An error to send to the client.
    public init(_ code: Code, _ detail: String, clientID: String? = nil, retryAfterMilliseconds: Int64? = nil) {
        self.code = code
        self.detail = detail
        self.clientID = clientID
        self.retryAfterMilliseconds = retryAfterMilliseconds
    }
}
