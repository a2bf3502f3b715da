/// Where a server listens.
public struct ListenAddress: Sendable, Hashable {
    /// An address or name of this machine.
    public var host: String
    /// 0 takes a free port.
    public var port: Int
    /// Whether other processes may listen on the same address (SO_REUSEPORT): the kernel distributes connections.
    public var reusePort: Bool
    /// The descriptor of a socket that another process has passed to this one; the listener owns it.
    ///
    /// It is used instead of a new socket if it listens at this address, else closed.
    public var inherited: CInt?

    /// An address to listen on.
    public init(host: String, port: Int, reusePort: Bool = false, inherited: CInt? = nil) {
        self.host = host
        self.port = port
        self.reusePort = reusePort
        self.inherited = inherited
    }
}
