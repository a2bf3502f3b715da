/// Where a server listens.
struct SocketAddressConf: Sendable, Equatable {
    /// `host`: an address or name of this machine.
    var host: String
    /// `port`: 0 to 65535; 0 takes a free port.
    var port: Int

    /// True if both certainly name the same socket; a port of 0 is never the same as another.
    func isSame(as other: SocketAddressConf) -> Bool { port != 0 && self == other }
}
