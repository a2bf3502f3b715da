/// `html_server`: where the page is served.
package struct HTMLServerConf: Sendable, Equatable, OptionalServerConf {
    package var address = SocketAddressConf(host: "127.0.0.1", port: 56411)
    package var tls = TLSConf()
    /// `ws_url`: the address that the page connects to; nil if it is derived from `ws_server`.
    package var wsURL: String?
    /// `hsts_s`: for how many seconds a browser that connected over TLS must use only TLS (HSTS); nil for no such rule.
    package var strictTransportSeconds: Int?
    /// `access_log`: the file to which answered requests are appended; nil for none.
    package var accessLog: String?
}
