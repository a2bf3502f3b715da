/// The inflating side of one connection that has negotiated compression.
///
/// An inflater exists from the first byte of a compressed message to its last, longer only if the client may refer to
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

    /// A message begins.
    func begin(isCompressed: Bool) {
        isUnderWay = isCompressed
        claimed = 0
        inflater?.begin()
    }

    /// Counts a frame's claim; false if the compressed message is longer than deflate would ever make a message within
    /// the limit: nine bits a byte (RFC 1951 section 3.2.6), and some for the ends of blocks.
    func accepts(_ length: UInt64) -> Bool {
        let most = messageBytesMax + messageBytesMax / 8 + 64
        guard length <= UInt64(most - claimed) else { return false }
        claimed += Int(length)
        return true
    }

    /// Appends to the message what the bytes amount to.
    func inflate(_ bytes: [UInt8], into message: inout [UInt8]) -> Inflater.Outcome {
        if inflater == nil { inflater = Inflater() }
        return inflater?.inflate(bytes.span, into: &message, max: messageBytesMax) ?? .invalid
    }

    /// The last byte of a compressed message has been inflated.
    func finish(into message: inout [UInt8]) -> Inflater.Outcome {
        isUnderWay = false
        if inflater == nil { inflater = Inflater() }
        let outcome = inflater?.finish(into: &message, max: messageBytesMax) ?? .invalid
        if !keepsContext { inflater = nil }
        return outcome
    }
}
