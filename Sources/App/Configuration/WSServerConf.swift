/// `ws_server`: where WebSocket clients connect.
package struct WSServerConf: Sendable, Equatable {
    package var address = SocketAddressConf(host: "127.0.0.1", port: 56412)
    package var tls = TLSConf()
    /// `reuse_port`: several processes may listen on the port (SO_REUSEPORT).
    package var reusePort = false
}
