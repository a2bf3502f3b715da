internal import Glibc
internal import NIOCore

/// The descriptor of a plain TCP channel, for writes that bypass NIO's pipeline while nothing is queued there.
///
/// NIO's write path costs about as much as the system call itself; in a broadcast that is half of all time.
///
/// Why this is safe: NIO closes the descriptor only on the channel's loop. Before anything else can run there, it then
/// fails the queued writes and fires `channelInactive`. `Connection` runs on the same loop, does not write in a write's
/// completion, and drops this value in `channelInactive`. So whenever it writes here, the descriptor is open and
/// belongs to the channel. `send` keeps only one of NIO's invariants, the order of bytes: `Connection` writes here only
/// while NIO holds no bytes of its own.
struct DirectSocket {
    private let descriptor: CInt

    /// The descriptor of a channel; nil if the channel is not a socket. On the event loop.
    init?(_ channel: any Channel) {
        let descriptor = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { $0 }
        guard let descriptor else { return nil }
        self.init(descriptor: descriptor)
    }

    /// A connected stream socket, open as long as this value is used.
    init(descriptor: CInt) { self.descriptor = descriptor }

    /// Writes the bytes that the kernel accepts now and moves the reader index past them. An error counts as no bytes:
    /// NIO's own write, which follows, gets and reports it.
    func send(_ buffer: inout ByteBuffer) {
        let taken = unsafe buffer.withUnsafeReadableBytes { bytes in
            unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
        }
        if taken > 0 { buffer.moveReaderIndex(forwardBy: taken) }
    }
}
