internal import NIOCore

extension Channel {
    /// Closes the server's side of the stream after all queued writes; bytes of the client can still be read.
    ///
    /// If a socket is closed while bytes of the client are unread, the kernel sends a reset. The client may then lose
    /// the close frame before it has read it (RFC 6455 section 7.1.1).
    func endOutput() { close(mode: .output).whenFailure { _ in self.close(promise: nil) } }
}
