internal import Rooms

/// A frame that a connection writes to its client.
enum Frame: Sendable {
    case welcome(epoch: String, lastSeq: Int64, resumed: Bool, reset: ResumeRefusal?)
    case message(EncodedMessage)
    /// `Reply.error`: a message is refused.
    case error([UInt8])
    /// The connection refuses a message with `unavailable`; only the checks use the text.
    case unavailable(text: String)
    case history([EncodedMessage], before: Int64?, more: Bool)
    case close
}

/// A frame that a client writes to its connection.
enum ClientFrame: Sendable {
    case say(Draft)
    case history(before: Int64?, limit: Int)
}
