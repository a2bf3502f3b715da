internal import NIOCore

/// What a client sends, from the bytes of its socket to batches of text messages: a value without a socket.
///
/// Messages wait here until the connection takes them; usually it takes those of one read. Bytes stay unparsed while
/// `inboundBytesMax` bytes of messages wait, because decompressed messages may be a thousand times as large as the
/// bytes that have arrived.
struct Inbox {
    /// What happens to further input.
    private enum Input {
        case accepted
        /// Only control frames count: the close frame of the client is still awaited.
        case controlFramesOnly
        /// Nothing is parsed.
        case ignored
    }

    private let messagesMax: Int
    private let bytesMax: Int
    private var reader: FrameReader
    private var input = Input.accepted
    private var unparsed = ByteBuffer()
    private var waiting: [TextMessage] = []
    private var waitingBytes = 0
    private(set) var isPaused = false

    init(limits: NetLimits) {
        messagesMax = limits.inboundMessagesMax
        bytesMax = limits.inboundBytesMax
        reader = FrameReader(limits: FrameReader.Limits(limits))
    }

    /// Accepts compressed messages; only before the first bytes.
    mutating func accept(_ compression: Compression, limits: NetLimits) {
        reader = FrameReader(limits: FrameReader.Limits(limits), compression: compression)
    }

    /// Whether so many messages or bytes wait that reading should pause.
    var isFull: Bool { waiting.count >= messagesMax || waitingBytes >= bytesMax || hasUnparsed }

    /// Whether less than half of that waits, so that reading can resume.
    var isHalfEmpty: Bool { waiting.count < messagesMax / 2 && waitingBytes < bytesMax / 2 }

    /// Whether bytes are left behind the messages that waited.
    var hasUnparsed: Bool { unparsed.readableBytes > 0 }

    /// Whether no more messages are accepted.
    var hasEnded: Bool { input != .accepted }

    /// Adds bytes of the socket; returns whether to call `nextEvent`. If not, earlier bytes wait until reading resumes.
    mutating func receive(_ bytes: ByteBuffer) -> Bool {
        guard input != .ignored else { return false }
        guard unparsed.readableBytes > 0 else {
            unparsed = bytes
            return true
        }
        var bytes = bytes
        unparsed.writeBuffer(&bytes)
        return false
    }

    /// Parses until an event other than a text message, and returns it; collects the text messages before it. Returns
    /// nil when the bytes are used up or too many bytes wait.
    mutating func nextEvent() -> FrameEvent? {
        while waitingBytes < bytesMax || hasEnded, let event = reader.next(&unparsed) {
            guard case .text(let message) = event else { return event }
            guard !hasEnded else { continue }
            waiting.append(message)
            waitingBytes += message.count
        }
        // The buffer of the read is used again, so what is left does not keep it.
        if unparsed.readableBytes == 0 {
            unparsed = ByteBuffer()
        } else if unparsed.storageCapacity > 2 * unparsed.readableBytes {
            unparsed = ByteBuffer(buffer: unparsed)
        }
        return nil
    }

    /// Whether messages wait.
    var hasMessages: Bool { !waiting.isEmpty }

    /// The first message that waits.
    var first: TextMessage? { waiting.first }

    /// Removes that.
    mutating func dropFirst() { waitingBytes -= waiting.removeFirst().count }

    /// The messages that wait, in order; nil if there are none.
    mutating func takeBatch() -> [TextMessage]? {
        guard !waiting.isEmpty else { return nil }
        waitingBytes = 0
        return exchange(&waiting, with: [])
    }

    /// Lets the last messages of a batch wait again.
    mutating func putBack(_ messages: ArraySlice<TextMessage>) {
        waiting.insert(contentsOf: messages, at: 0)
        for message in messages { waitingBytes += message.count }
    }

    /// Discards further messages; those that wait no longer hold up the frames behind them.
    mutating func discardMessages() { if input == .accepted { input = .controlFramesOnly } }

    /// Discards all further input, and the bytes that are not parsed yet.
    mutating func ignore() {
        input = .ignored
        unparsed = ByteBuffer()
    }

    /// Sets whether reading from the socket is paused; returns whether that is a change.
    mutating func setPaused(_ isPaused: Bool) -> Bool { exchange(&self.isPaused, with: isPaused) != isPaused }
}
