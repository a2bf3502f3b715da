internal import NIOCore

extension Channel {
    /// Ends the server's side of the stream behind all that was written; what the client still sends can be read on.
    ///
    /// A socket that is closed while bytes of the client are unread answers them with a reset, and that may take the
    /// close frame away from the client before it was read (RFC 6455 section 7.1.1).
    func endOutput() { close(mode: .output).whenFailure { _ in self.close(promise: nil) } }
}
