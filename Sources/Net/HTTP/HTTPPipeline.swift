public import NIOCore
internal import NIOHTTP1

/// Turns the accepted sockets of one listener into HTTP/1.1 connections that answer from a table of routes.
///
/// Give `configure` to the listener's child channel initializer. One value serves all event loops.
public final class HTTPPipeline: Sendable {
    private let routes: HTTPRoutes
    private let limits: HTTPLimits
    private let strictTransport: StrictTransport?
    private let accesses: HTTPAccessReport?
    private let count: HTTPConnectionCount

    /// A pipeline for one listener.
    ///
    /// - Parameters:
    ///   - strictTransport: what browsers are told about TLS; nil for nothing.
    ///   - accesses: whom to tell of answered requests; nil for nobody.
    public init(
        routes: HTTPRoutes, limits: HTTPLimits = HTTPLimits(), strictTransport: StrictTransport? = nil,
        accesses: HTTPAccessReport? = nil
    ) {
        self.accesses = accesses
        self.routes = routes
        self.strictTransport = strictTransport
        self.limits = limits
        count = HTTPConnectionCount(max: limits.connectionsMax)
    }

    /// The connections open now.
    public var connections: Int { count.open }

    /// Prepares one accepted socket, after TLS; on its event loop.
    ///
    /// - Throws: when the listener has all the connections it may have; the socket is then to be closed.
    public func configure(_ channel: any Channel) throws {
        guard count.admit() else { throw HTTPPipelineError.tooManyConnections }
        let responder = responder(admitted: true)
        let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: decoderLimits)
        try channel.pipeline.syncOperations.addHandlers([
            HTTPResponseEncoder(), ByteToMessageHandler(decoder), NIOHTTPResponseHeadersValidator(), responder,
        ])
    }

    /// The handlers that answer requests, behind an encoder and a decoder, where a socket may still turn to something else.
    ///
    /// Such a connection counts from its first request on.
    func answering() -> [any ChannelHandler & RemovableChannelHandler] {
        [
            NIOHTTPResponseHeadersValidator(),
            responder(admitted: false),
        ]
    }

    private func responder(admitted: Bool) -> HTTPResponder {
        HTTPResponder(
            routes: routes, limits: limits, strictTransport: strictTransport, accesses: accesses, count: count,
            admitted: admitted)
    }

    private var decoderLimits: NIOHTTPDecoderLimitConfiguration {
        var decoderLimits = NIOHTTPDecoderLimitConfiguration()
        decoderLimits.maxHeaderFieldSize = limits.fieldBytesMax
        decoderLimits.maxHeaderListSize = limits.headerBytesMax
        decoderLimits.maxHeaderFieldCount = limits.fieldsMax
        return decoderLimits
    }
}
