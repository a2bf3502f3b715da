/// `ops_server`: where health and metrics are served.
package struct OpsServerConf: Sendable, Equatable, OptionalServerConf {
    package var address = SocketAddressConf(host: "127.0.0.1", port: 56413)
}
