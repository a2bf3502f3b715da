/// `ws_server`: where WebSocket clients connect.
struct WSServerConf: Sendable, Equatable {
    var address = SocketAddressConf(host: "127.0.0.1", port: 56412)
    /// nil when connections are not encrypted.
    var tls: TLSConf?
    /// `reuse_port`: several processes may listen on the port (SO_REUSEPORT).
    var reusePort = false
}
