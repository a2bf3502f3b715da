internal import NIOCore

/// What a client is sent: directly to the socket while nothing is queued, else to the end of NIO's queue. A value; its
/// owner passes what must be queued to the channel, and reports when it was written.
struct Outbox {
    private let bytesMax: Int
    private var socket: DirectSocket?
    private var queuedBytes = 0
    /// The payload of the newest ping that came while bytes were queued.
    private var deferredPong: [UInt8]?
    private var isSessionDeferred = false
    /// The class of compressed messages that the client accepts; nil if it accepts only uncompressed ones.
    private(set) var compression: Compression.ServerClass?

    init(limits: NetLimits) { bytesMax = limits.sendQueueBytesMax }

    /// Starts after the upgrade.
    ///
    /// - Parameter socket: nil if all bytes go through the channel's pipeline.
    mutating func open(_ socket: DirectSocket?, compression: Compression.ServerClass?) {
        self.socket = socket
        self.compression = compression
    }

    /// Ends direct writes; the socket is closed.
    mutating func close() { socket = nil }

    /// Whether nothing is queued.
    var isEmpty: Bool { queuedBytes == 0 }
    /// Whether `sendQueueBytesMax` is reached.
    var isFull: Bool { queuedBytes >= bytesMax }
    /// Whether at most half of that is queued.
    var isHalfEmpty: Bool { queuedBytes <= bytesMax / 2 }

    /// Writes the bytes that the socket takes now; returns the rest, which counts as queued, or nil if all are written.
    mutating func write(_ buffer: ByteBuffer) -> ByteBuffer? {
        var rest = buffer
        if queuedBytes == 0, let socket {
            socket.send(&rest)
            if rest.readableBytes == 0 { return nil }
        }
        queuedBytes += rest.readableBytes
        return rest
    }

    /// Records that queued bytes were written.
    mutating func written(_ bytes: Int) { queuedBytes -= bytes }

    /// Whether something deferred can be sent now.
    var hasDeferred: Bool { isSessionDeferred || isEmpty && deferredPong != nil }

    /// Keeps the answer to a ping until the queue is empty; only the newest one (RFC 6455 section 5.5.3). Returns
    /// whether it replaces an earlier one.
    mutating func deferPong(_ payload: [UInt8]) -> Bool { exchange(&deferredPong, with: payload) != nil }

    /// The deferred pong; nil if there is none or bytes are queued.
    mutating func takePong() -> [UInt8]? { isEmpty ? deferredPong.take() : nil }

    /// Whether a changed session can be told now; if not, it is deferred, and then only the newest one is told.
    mutating func admitsSession() -> Bool {
        isSessionDeferred = isFull
        return !isSessionDeferred
    }

    /// Whether a changed session was deferred.
    mutating func takeSession() -> Bool { exchange(&isSessionDeferred, with: false) }
}
