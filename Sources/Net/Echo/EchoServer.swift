internal import NIOCore
internal import NIOHTTP1

/// A WebSocket echo server for conformance suites, with the chat's code for listening, upgrades and frames.
package final class EchoServer: Sendable {
    private let loops: Loops
    private let limits: NetLimits
    private let metrics: NetMetrics

    /// Creates a server that does not listen yet; the limits may be far above the chat's.
    package init(loops: Loops, limits: NetLimits, metrics: NetMetrics) {
        self.loops = loops
        self.limits = limits
        self.metrics = metrics
    }

    /// Listens for WebSockets and accepts them.
    package func bind(_ address: ListenAddress) async throws -> Listener {
        let (limits, metrics) = (limits, metrics)
        let listener = try await Listener.bind(address, on: loops, tls: nil, proxies: TrustedProxies(), limits: limits)
        {
            channel, _ in
            let decoder = limits.head.decoder(.forwardBytes)
            let handler = EchoHandler(limits: limits, metrics: metrics)
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(decoder)
            try pipeline.addHandler(
                UpgradeHandler(site: EchoSite(handler), decoder: decoder, plainHandlers: []))
        }
        try await listener.accept()
        return listener
    }
}

private final class EchoSite: UpgradeSite {
    private let handler: EchoHandler
    let allowedOrigins: [String]? = nil
    /// The client chooses, so that a suite can test both kinds of client context.
    let compression = Compression.Policy.remembering

    init(_ handler: EchoHandler) { self.handler = handler }

    func received(proxied client: IPAddress) -> Bool { true }
    func received(_ headers: HTTPHeaders) {}
    func accept(_ request: UpgradeRequest) -> (any ChannelHandler & RemovableChannelHandler)? {
        handler.upgraded(request.compression)
        return handler
    }
    func upgraded() {}
    func abandoned() {}
}
