/// Serves plain HTTP requests on its own port: the page, or health and metrics.
package struct PageServer: Sendable {
    private let loops: Loops
    private let limits: NetLimits
    private let proxies: TrustedProxies

    /// Creates a server that does not listen yet.
    package init(loops: Loops, limits: NetLimits, proxies: TrustedProxies) {
        self.loops = loops
        self.limits = limits
        self.proxies = proxies
    }

    /// Listens for requests; does not accept them yet.
    package func bind(_ address: ListenAddress, tls: TLSIdentity?, pages: HTTPPipeline) async throws -> Listener {
        try await Listener.bind(address, on: loops, tls: tls, proxies: proxies, limits: limits) {
            channel, _ in try pages.configure(channel)
        }
    }
}
