public import NIOCore
internal import NIOHTTP1
public import NIOSSL
internal import Synchronization

/// Turns the accepted sockets of one listener into HTTP/1.1 connections that answer from a table of routes.
///
/// Give `configure` to the listener's child channel initializer. One value serves all event loops.
public final class HTTPPipeline: Sendable {
    /// The TLS context for the next connection, or nil for plain HTTP; asked anew each time, so it may be reloaded.
    public typealias TLS = @Sendable () -> NIOSSLContext?

    private let routes: HTTPRoutes
    private let limits: HTTPLimits
    private let tls: TLS
    private let open = Atomic<Int>(0)

    /// A pipeline for one listener.
    public init(routes: HTTPRoutes, limits: HTTPLimits = HTTPLimits(), tls: @escaping TLS = { nil }) {
        self.routes = routes
        self.limits = limits
        self.tls = tls
    }

    /// The connections open now.
    public var connections: Int { open.load(ordering: .relaxed) }

    /// Prepares one accepted socket; on its event loop.
    ///
    /// - Returns: a future that fails when the listener has all the connections it may have, so that the socket is closed.
    public func configure(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard admit(channel) else { return channel.eventLoop.makeFailedFuture(HTTPPipelineError.tooManyConnections) }
        return channel.eventLoop.makeCompletedFuture { try addHandlers(to: channel) }
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

    private func addHandlers(to channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        if let context = tls() { try pipeline.addHandler(NIOSSLServerHandler(context: context)) }
        var decoderLimits = NIOHTTPDecoderLimitConfiguration()
        decoderLimits.maxHeaderFieldSize = limits.fieldBytesMax
        decoderLimits.maxHeaderListSize = limits.headerBytesMax
        decoderLimits.maxHeaderFieldCount = limits.fieldsMax
        let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: decoderLimits)
        try pipeline.addHandlers([
            HTTPResponseEncoder(), ByteToMessageHandler(decoder), NIOHTTPResponseHeadersValidator(),
            HTTPResponder(routes: routes, limits: limits),
        ])
    }
}
