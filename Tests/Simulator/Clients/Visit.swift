internal import Net
internal import Rooms

/// A connection of the visitor, the person whose sessions change, as the network sees it.
struct Visit {
    let visitor: SimVisitor
    let process: ProcessID
    let key: String
    /// The pause before each message, microseconds.
    var pauses: [Int]
    /// The oldest version of the session that the client may have been told last; nil before the welcome.
    var told: Int?
    /// When the last frame in transit arrives, in each direction: a connection keeps the order of frames.
    var dueAtClient: Int64 = 0
    var dueAtServer: Int64 = 0
}

/// A message that the visitor sends, perhaps several times.
struct VisitorMessage: Sendable {
    let text: String
    let id: String
    /// The oldest version of the session that the client may have been told last when it sent the message.
    var told = 0
}

/// A message of the visitor that a process accepts.
struct Utterance: Sendable {
    let message: VisitorMessage
    let key: String
    /// The session that the process assumes.
    let session: Session
    let room: RoomID
    /// When it was accepted, by the virtual clock.
    let nanoseconds: UInt64
    let process: ProcessID
    let notice: SessionNotice
}

/// What a connection was last notified of.
enum SessionNotice: Sendable {
    case none
    case changed(Session)
    case gone
}

/// A frame that a connection writes to the visitor.
enum VisitorFrame: Sendable {
    case welcome(Session, loginStartedAt: Int64)
    case session(Session)
    case shown([EncodedMessage])
    case refused
    case close(CloseCode)
}
