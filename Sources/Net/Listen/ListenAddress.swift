/// Where a server listens.
package struct ListenAddress: Sendable, Hashable {
    /// An address or name of this machine.
    package var host: String
    /// 0 takes a free port.
    package var port: Int
    /// Whether other processes may listen on the same address (SO_REUSEPORT): the kernel distributes connections.
    package var reusePort: Bool
    /// The descriptor of a socket that another process has passed to this one; the listener owns it.
    ///
    /// It is used instead of a new socket if it listens at this address, else closed.
    package var inherited: CInt?

    /// An address to listen on.
    package init(host: String, port: Int, reusePort: Bool = false, inherited: CInt? = nil) {
        self.host = host
        self.port = port
        self.reusePort = reusePort
        self.inherited = inherited
    }
}
