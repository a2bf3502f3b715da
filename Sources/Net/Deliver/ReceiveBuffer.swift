internal import NIOCore

/// The receive buffer that all plain WebSockets of an event loop share: a read is parsed before the next one starts.
///
/// With a buffer for each socket, an idle client would keep the memory of its largest reads.
///
/// Why this is safe without a lock: NIO uses the allocator of a channel only on the channel's loop, and `SocketHandler`
/// runs there, too.
final class ReceiveBuffer: RecvByteBufferAllocator, @unchecked Sendable {
    private let bytes: Int
    private var spare: ByteBuffer?

    /// - Parameter bytes: the most that one read takes; a power of 2.
    init(bytes: Int) { self.bytes = bytes }

    /// Takes back the buffer of a read, also if a part of it is still referenced: the next read then gets another one.
    func reuse(_ buffer: ByteBuffer) { if buffer.storageCapacity == bytes { spare = buffer } }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        guard var buffer = spare.take() else { return allocator.buffer(capacity: bytes) }
        buffer.clear()
        return buffer
    }

    /// Returns true, so that NIO asks for the buffer for each read.
    func record(actualReadBytes: Int) -> Bool { true }
}
