internal import Rooms

/// What a connection writes to its client.
enum Frame: Sendable {
    case welcome(epoch: String, lastSeq: Int64, resumed: Bool, reset: ResumeRefusal?)
    case message(EncodedMessage)
    /// `Reply.error`: the log refuses a message.
    case error([UInt8])
    /// The connection refuses a message with `unavailable`; the text only for the checks.
    case unavailable(text: String)
    case history([EncodedMessage], before: Int64?, more: Bool)
    case close
}

/// What a client writes to its connection.
enum ClientFrame: Sendable {
    case say(Draft)
    case history(before: Int64?, limit: Int)
}
