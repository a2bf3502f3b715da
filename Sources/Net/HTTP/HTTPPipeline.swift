internal import CoreMetrics
public import NIOCore
internal import NIOHTTP1

/// Turns the accepted sockets of one listener into HTTP/1.1 connections that answer from a table of routes.
///
/// Give `configure` to the listener's child channel initializer. One value serves all event loops.
public final class HTTPPipeline: Sendable {
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
    ///   - strictTransport: what browsers are told about TLS; nil for nothing.
    ///   - proxies: who may tell that it asks for somebody else.
    ///   - accesses: whom to tell of answered requests; nil for nobody.
    public init(
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
    public var connections: Int { count.open }

    /// Sets how many connections one client address may have from now on; nil for the default. From any isolation.
    public func setConnectionsPerAddressMax(_ max: Int?) { addresses.setMax(max ?? limits.connectionsPerAddressMax) }

    /// Prepares one accepted socket, after TLS; on its event loop.
    ///
    /// - Throws: when the listener, or the client's address, has all the connections it may have; the socket is then to be
    ///   closed.
    public func configure(_ channel: any Channel) throws {
        let peer = Peer(of: channel, proxies)
        var place = ClientPlace(of: peer.address)
        // Whom a proxy asks for is told by its first bytes.
        if !peer.isProxy {
            place.settle(at: peer.address, in: addresses)
            guard place.admission == .welcome else {
                metrics.refusedByAddress.increment()
                throw HTTPPipelineError.tooManyConnectionsOfAddress
            }
        }
        guard count.admit() else {
            place.leave(addresses)
            metrics.pagesRefused.increment()
            throw HTTPPipelineError.tooManyConnections
        }
        let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: decoderLimits)
        let pipeline = channel.pipeline.syncOperations
        do {
            try pipeline.addHandlers([
                HTTPResponseEncoder(), ByteToMessageHandler(decoder), NIOHTTPResponseHeadersValidator(),
            ])
            try pipeline.addHandler(HTTPResponder(self, place: place, admitted: true))
        } catch {
            // The socket has ended already, so no handler will give its place back.
            place.leave(addresses)
            count.release()
            throw error
        }
    }

    /// The handlers that answer requests, behind an encoder and a decoder, where a socket may still turn to something else.
    ///
    /// Such a connection counts from its first request on.
    func answering() -> [any ChannelHandler & RemovableChannelHandler] {
        [
            NIOHTTPResponseHeadersValidator(),
            HTTPResponder(self, place: ClientPlace(of: .unspecified), admitted: false),
        ]
    }

    private var decoderLimits: NIOHTTPDecoderLimitConfiguration {
        var decoderLimits = NIOHTTPDecoderLimitConfiguration()
        decoderLimits.maxHeaderFieldSize = limits.fieldBytesMax
        decoderLimits.maxHeaderListSize = limits.headerBytesMax
        decoderLimits.maxHeaderFieldCount = limits.fieldsMax
        return decoderLimits
    }
}
