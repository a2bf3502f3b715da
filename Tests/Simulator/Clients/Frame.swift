internal import Rooms

/// A frame that a connection writes to its client.
enum Frame: Sendable {
    case welcome(epoch: String, lastSeq: Int64, resumed: Bool, reset: ResumeRefusal?)
    /// A message or an event. For the checks: it was read when the process had broadcast everything up to `asOf`.
    case message(EncodedMessage, asOf: Int64)
    /// `Reply.error` or `Reply.done`.
    case error([UInt8])
    /// The connection refuses a message with `unavailable`; only the checks use the text.
    case unavailable(text: String)
    /// For the checks: it was asked for when the log held everything up to `asOf`.
    case history([EncodedMessage], before: Int64?, more: Bool, asOf: Int64)
    case close
}

/// A frame that a client writes to its connection.
enum ClientFrame: Sendable {
    case say(Draft)
    case change(ChangeDraft)
    case history(before: Int64?, limit: Int, asOf: Int64)
}
