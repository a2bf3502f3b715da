/// An error told to the client that caused it; the connection stays.
public struct WireError: Error, Sendable, Equatable {
    /// The stable names of the protocol.
    public enum Code: String, Sendable {
        /// The frame is no JSON object.
        case badJSON = "bad_json"
        /// A field is missing, of the wrong type, empty, or holds a NUL.
        case badMessage = "bad_message"
        /// A field is longer than allowed.
        case tooLong = "too_long"
        /// The client sends faster than its session may.
        case rateLimited = "rate_limited"
        /// The session may read only.
        case readOnly = "read_only"
        /// The database refused the message; it is not stored and will not be.
        case notStored = "not_stored"
        /// The database is away and the queue is full; the message is not stored. Try again.
        case unavailable
        /// The object asks for nothing this server knows.
        case unknownCommand = "unknown_command"
    }

    /// What went wrong.
    public var code: Code
    /// What to do about it, for people.
    public var detail: String
    /// The client's name for the message concerned.
    public var clientID: String?
    /// When to try again; only with `rateLimited`.
    public var retryAfterMilliseconds: Int64?

    /// An error to be told to the client.
    public init(_ code: Code, _ detail: String, clientID: String? = nil, retryAfterMilliseconds: Int64? = nil) {
        self.code = code
        self.detail = detail
        self.clientID = clientID
        self.retryAfterMilliseconds = retryAfterMilliseconds
    }
}
