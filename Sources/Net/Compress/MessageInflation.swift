/// Decompresses the messages of one connection that has negotiated compression.
///
/// An inflater exists from the first to the last byte of a compressed message; longer only if the client may refer to
/// earlier messages. Isolated to the connection.
final class MessageInflation {
    private let messageBytesMax: Int
    private let keepsContext: Bool
    private var inflater: Inflater?
    private var claimed = 0
    /// Whether the message under way is compressed.
    private(set) var isUnderWay = false

    init(messageBytesMax: Int, keepsContext: Bool) {
        self.messageBytesMax = messageBytesMax
        self.keepsContext = keepsContext
    }

    /// Begins a message.
    func begin(isCompressed: Bool) {
        isUnderWay = isCompressed
        claimed = 0
        inflater?.begin()
    }

    /// Adds the length of a frame; returns false if the compressed message is too long for any message within the
    /// limit.
    ///
    /// Deflate takes at most nine bits a byte (RFC 1951 section 3.2.6), plus a few bytes for the ends of blocks.
    func accepts(_ length: UInt64) -> Bool {
        let most = messageBytesMax + messageBytesMax / 8 + 64
        guard length <= UInt64(most - claimed) else { return false }
        claimed += Int(length)
        return true
    }

    /// Decompresses the bytes and appends them to the message.
    func inflate(_ bytes: [UInt8], into message: inout [UInt8]) -> Inflater.Outcome {
        if inflater == nil { inflater = Inflater() }
        return inflater?.inflate(bytes.span, into: &message, max: messageBytesMax) ?? .invalid
    }

    /// Ends a compressed message after its last byte.
    func finish(into message: inout [UInt8]) -> Inflater.Outcome {
        isUnderWay = false
        if inflater == nil { inflater = Inflater() }
        let outcome = inflater?.finish(into: &message, max: messageBytesMax) ?? .invalid
        if !keepsContext { inflater = nil }
        return outcome
    }
}
