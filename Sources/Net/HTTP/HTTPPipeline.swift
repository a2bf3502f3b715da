public import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Turns the accepted sockets of one listener into HTTP/1.1 connections that answer from a table of routes.
///
/// Give `configure` to the listener's child channel initializer. One value serves all event loops.
public final class HTTPPipeline: Sendable {
    private let routes: HTTPRoutes
    private let limits: HTTPLimits
    private let open = Atomic<Int>(0)

    /// A pipeline for one listener.
    public init(routes: HTTPRoutes, limits: HTTPLimits = HTTPLimits()) {
        self.routes = routes
        self.limits = limits
    }

    /// The connections open now.
    public var connections: Int { open.load(ordering: .relaxed) }

    /// Prepares one accepted socket, after TLS; on its event loop.
    ///
    /// - Throws: when the listener has all the connections it may have; the socket is then to be closed.
    public func configure(_ channel: any Channel) throws {
        let encoder = HTTPResponseEncoder()
        let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: decoderLimits)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandlers([encoder, ByteToMessageHandler(decoder)])
        try pipeline.addHandlers(try answering(channel))
    }

    /// The handlers that answer requests, behind an encoder and a decoder.
    func answering(_ channel: any Channel) throws -> [any ChannelHandler & RemovableChannelHandler] {
        guard admit(channel) else { throw HTTPPipelineError.tooManyConnections }
        return [NIOHTTPResponseHeadersValidator(), HTTPResponder(routes: routes, limits: limits)]
    }

    private var decoderLimits: NIOHTTPDecoderLimitConfiguration {
        var decoderLimits = NIOHTTPDecoderLimitConfiguration()
        decoderLimits.maxHeaderFieldSize = limits.fieldBytesMax
        decoderLimits.maxHeaderListSize = limits.headerBytesMax
        decoderLimits.maxHeaderFieldCount = limits.fieldsMax
        return decoderLimits
    }

    private func admit(_ channel: any Channel) -> Bool {
        let taken = open.add(1, ordering: .relaxed).newValue
        guard taken <= limits.connectionsMax else {
            open.subtract(1, ordering: .relaxed)
            return false
        }
        channel.closeFuture.whenComplete { [self] _ in open.subtract(1, ordering: .relaxed) }
        return true
    }
}
