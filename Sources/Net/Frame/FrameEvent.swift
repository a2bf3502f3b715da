/// An event in the byte stream of a client.
enum FrameEvent: Equatable {
    /// A complete text message: valid UTF-8, within the limits.
    case text(TextMessage)
    /// A complete binary message, within the limits.
    case binary([UInt8])
    /// A ping; the pong must carry these bytes.
    case ping([UInt8])
    case pong
    /// A close frame; nil if it has no code.
    case close(UInt16?)
    /// The client violated the protocol; nothing after it is read.
    case violation(CloseCode, String)
}
