internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The descriptor of a plain TCP channel, written to past NIO's pipeline while nothing is queued there.
///
/// NIO's write path costs about as much as the system call itself; in a fan-out that is half of all time.
///
/// Why this is sound: NIO closes the descriptor only on the channel's loop and then, before anything else can run there,
/// fails the queued writes and fires `channelInactive`; `Connection` lives on the same loop, writes nothing from a
/// write's completion, and forgets this value in `channelInactive`. So whenever it writes here, the descriptor is the
/// channel's and open. `send` keeps none of NIO's invariants but the order of bytes, which `Connection` keeps by
/// writing here only while NIO holds no bytes of its own.
struct DirectSocket {
    private let descriptor: CInt

    /// The descriptor of a channel; nil for channels that are no sockets. On the event loop.
    init?(_ channel: any Channel) {
        let descriptor = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { $0 }
        guard let descriptor else { return nil }
        self.descriptor = descriptor
    }

    /// Writes what the kernel takes now and moves the reader index over it; errors count as nothing taken, for NIO's
    /// own write, which follows, meets and reports them.
    func send(_ buffer: inout ByteBuffer) {
        let taken = unsafe buffer.withUnsafeReadableBytes { bytes in
            unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
        }
        if taken > 0 { buffer.moveReaderIndex(forwardBy: taken) }
    }
}
