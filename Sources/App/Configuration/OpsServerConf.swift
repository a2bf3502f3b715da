/// `ops_server`: where health and metrics are served.
struct OpsServerConf: Sendable, Equatable {
    var address = SocketAddressConf(host: "127.0.0.1", port: 56413)
}
