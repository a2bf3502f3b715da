/// Where a server listens.
package struct SocketAddressConf: Sendable, Equatable {
    /// `host`: an address or name of this machine.
    package var host: String
    /// `port`: 0 to 65535; 0 takes a free port.
    package var port: Int

    /// True if both certainly name the same socket; a port of 0 is never the same as another.
    package func isSame(as other: SocketAddressConf) -> Bool { port != 0 && self == other }
}
