internal import CoreMetrics
package import NIOCore
internal import NIOHTTP1

/// Turns the accepted sockets of one listener into HTTP/1.1 connections that answer from a table of routes.
///
/// Pass `configure` to the listener's child channel initializer. One value serves all event loops.
package final class HTTPPipeline: Sendable {
    let routes: HTTPRoutes
    let limits: HTTPLimits
    let strictTransport: StrictTransport?
    let proxies: TrustedProxies
    let accesses: HTTPAccessReport?
    let metrics: NetMetrics
    let count: HTTPConnectionCount
    let addresses: AddressCounts

    /// A pipeline for one listener.
    ///
    /// - Parameters:
    ///   - strictTransport: the `Strict-Transport-Security` field of responses; nil for none.
    ///   - proxies: the proxies that may name another client.
    ///   - accesses: the receiver of reports about answered requests; nil for none.
    package init(
        routes: HTTPRoutes, limits: HTTPLimits = HTTPLimits(), strictTransport: StrictTransport? = nil,
        proxies: TrustedProxies = TrustedProxies(), accesses: HTTPAccessReport? = nil,
        metrics: NetMetrics = NetMetrics()
    ) {
        self.proxies = proxies
        self.metrics = metrics
        self.accesses = accesses
        self.routes = routes
        self.strictTransport = strictTransport
        self.limits = limits
        count = HTTPConnectionCount(max: limits.connectionsMax)
        addresses = AddressCounts(max: limits.connectionsPerAddressMax, refusedMax: 0)
    }

    /// The connections open now.
    package var connections: Int { count.open }

    /// Sets the maximum number of connections of one client address; nil for the default. From any isolation.
    package func setConnectionsPerAddressMax(_ max: Int?) { addresses.setMax(max ?? limits.connectionsPerAddressMax) }

    /// Prepares one accepted socket, after TLS; on its event loop.
    ///
    /// - Throws: if the listener or the client's address has its maximum of connections; the socket must then be
    ///   closed.
    package func configure(_ channel: any Channel) throws {
        let peer = Peer(of: channel, proxies)
        var permit = AddressPermit(for: peer.address)
        // A proxy names its client in its first bytes.
        if !peer.isProxy {
            permit.acquire(for: peer.address, from: addresses)
            guard permit.admission == .admitted else {
                metrics.refusedByAddress.increment()
                throw HTTPPipelineError.tooManyConnectionsOfAddress
            }
        }
        guard count.admit() else {
            permit.release(to: addresses)
            metrics.pagesRefused.increment()
            throw HTTPPipelineError.tooManyConnections
        }
        let pipeline = channel.pipeline.syncOperations
        do {
            try pipeline.addHandlers([
                HTTPResponseEncoder(), limits.head.decoder(.dropBytes), NIOHTTPResponseHeadersValidator(),
            ])
            try pipeline.addHandler(HTTPResponder(self, permit: permit, admitted: true))
        } catch {
            // The socket is closed already, so no handler will release the counts.
            permit.release(to: addresses)
            count.release()
            throw error
        }
    }

    /// The handlers that answer requests, after an encoder and a decoder, on a socket that may still become a
    /// WebSocket.
    ///
    /// Such a connection counts from its first request on.
    func answering() -> [any ChannelHandler & RemovableChannelHandler] {
        [
            NIOHTTPResponseHeadersValidator(),
            HTTPResponder(self, permit: AddressPermit(for: .unspecified), admitted: false),
        ]
    }
}
