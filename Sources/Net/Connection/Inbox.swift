internal import NIOCore

/// What a client sends, from the bytes of its socket to batches of text messages: a value without a socket.
///
/// A batch is all messages of one read. Bytes stay unparsed while the batch holds `inboundBytesMax` bytes, because
/// decompressed messages may be a thousand times as large as the bytes that have arrived.
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
    private var batch: [TextMessage] = []
    private var batchSize = InboundSize()
    /// What was taken with `takeBatch` and is not handled yet.
    private var unhandled = InboundSize()
    private var putBack: [TextMessage] = []
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

    /// Whether so many messages or bytes are unhandled that reading should pause.
    var isFull: Bool { unhandled.messages >= messagesMax || unhandled.bytes >= bytesMax }

    /// Whether less than half of that is unhandled, so that reading can resume.
    var isHalfEmpty: Bool { unhandled.messages < messagesMax / 2 && unhandled.bytes < bytesMax / 2 }

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
    /// nil when the bytes are used up or the batch is full.
    mutating func nextEvent() -> FrameEvent? {
        while batchSize.bytes < bytesMax, let event = reader.next(&unparsed) {
            guard case .text(let message) = event else { return event }
            guard input == .accepted else { continue }
            batch.append(message)
            batchSize.add(message)
        }
        // The buffer of the read is used again, so what is left does not keep it.
        if unparsed.readableBytes == 0 {
            unparsed = ByteBuffer()
        } else if unparsed.storageCapacity > 2 * unparsed.readableBytes {
            unparsed = ByteBuffer(buffer: unparsed)
        }
        return nil
    }

    /// The messages since the last call, in order; they are unhandled until `handled`. Nil if there are none.
    mutating func takeBatch() -> [TextMessage]? {
        guard !batch.isEmpty else { return nil }
        unhandled.messages += batchSize.messages
        unhandled.bytes += batchSize.bytes
        batchSize = InboundSize()
        return exchange(&batch, with: [])
    }

    /// Records that messages of a batch were handled.
    mutating func handled(_ messages: [TextMessage]) { for message in messages { unhandled.subtract(message) } }

    /// Keeps messages of a batch for later; they are still unhandled.
    mutating func putBack(_ messages: [TextMessage]) { putBack = messages }

    /// The messages that were put back.
    mutating func takePutBack() -> [TextMessage] { exchange(&putBack, with: []) }

    /// Discards further messages; a full batch no longer holds up the frames behind it.
    mutating func discardMessages() { if input == .accepted { input = .controlFramesOnly } }

    /// Discards all further input, and the bytes that are not parsed yet.
    mutating func ignore() {
        input = .ignored
        unparsed = ByteBuffer()
    }

    /// Sets whether reading from the socket is paused; returns whether that is a change.
    mutating func setPaused(_ isPaused: Bool) -> Bool { exchange(&self.isPaused, with: isPaused) != isPaused }
}
