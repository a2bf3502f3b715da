/// What the bytes of a client amount to.
enum FrameEvent: Equatable {
    /// A whole text message: valid UTF-8, within the limits.
    case text([UInt8])
    /// A whole binary message, within the limits.
    case binary([UInt8])
    /// A ping that wants these bytes back.
    case ping([UInt8])
    case pong
    /// The client closes; nil if it gave no code.
    case close(UInt16?)
    /// The client broke a rule; nothing after it is read.
    case violation(CloseCode, String)
}
