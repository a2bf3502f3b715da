internal import NIOCore

/// The receive buffers of a plain socket until its upgrade.
///
/// NIO keeps the buffer of a channel's first read as long as the channel lives, in case the next read fits into it. So
/// the first buffer is small, and is not used again; the others are freed after their read.
struct FirstReads: RecvByteBufferAllocator {
    private static let firstBytes = 64
    /// Most requests fit into it.
    private static let bytes = 2048

    private var hasRead = false

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: hasRead ? Self.bytes : Self.firstBytes)
    }

    /// Returns true, so that NIO asks for a new buffer for each read.
    mutating func record(actualReadBytes: Int) -> Bool {
        hasRead = true
        return true
    }
}
