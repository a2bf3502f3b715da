internal import NIOCore
internal import NIOHTTP1
internal import NIOWebSocket

/// Reads the first request of a connection and turns the connection into a WebSocket, or refuses it.
///
/// NIO's own upgrade handlers cannot answer 403 or 503 to a well-formed request, so only their computation of the
/// handshake headers is used.
final class UpgradeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart

    private enum State {
        case waiting
        case accepted(UpgradeRequest, HTTPHeaders)
        /// The request has ended; it is not known yet whether another one follows in the same read.
        case ended(UpgradeRequest, HTTPHeaders)
        /// Refused; the response is being written.
        case refused
        /// Other handlers serve the socket.
        case handedOver
    }

    private let site: any UpgradeSite
    private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    /// The handlers of plain requests if pages and sockets share a port; an upgrade removes them.
    private let plainHandlers: [any RemovableChannelHandler]
    private var state = State.waiting
    /// Whether the request is a HEAD, which is answered without a body (RFC 9110 section 9.3.2).
    private var isHead = false

    init(
        site: any UpgradeSite, decoder: ByteToMessageHandler<HTTPRequestDecoder>,
        plainHandlers: [any RemovableChannelHandler]
    ) {
        self.site = site
        self.decoder = decoder
        self.plainHandlers = plainHandlers
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .waiting):
            if !plainHandlers.isEmpty, !head.headers.contains(name: "upgrade") {
                state = .handedOver
                site.abandoned()
                context.fireChannelRead(data)
                context.pipeline.syncOperations.removeHandler(self, promise: nil)
                return
            }
            read(head, context)
        case (.end, .accepted(let request, let headers)): state = .ended(request, headers)
        case (.body, .accepted): refuse(.malformed("an upgrade has no body"), context)
        // The decoder itself decides what is an upgrade. After any other request it goes on parsing.
        case (_, .ended): refuse(.malformed("another request behind an upgrade"), context)
        default: break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let client = event as? ProxiedClient, !site.received(proxied: client.address) {
            return context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Upgrades the connection: the decoder has stopped, so only bytes can reach the socket's handler.
    func channelReadComplete(context: ChannelHandlerContext) {
        guard case .ended(let request, let headers) = state else { return context.fireChannelReadComplete() }
        upgrade(request, headers, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .handedOver = state {} else { site.abandoned() }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state {
        case .waiting where error is HTTPParserError, .ended where error is HTTPParserError:
            refuse(.malformed("the request is no HTTP/1.1"), context)
        default: context.close(promise: nil)
        }
    }

    private func read(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        isHead = head.method == .HEAD
        site.received(head.headers)
        let request: UpgradeRequest
        do {
            request = try UpgradeRequest(head, allowedOrigins: site.allowedOrigins, compression: site.compression)
        } catch {
            return refuse(error, context)
        }
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        // Both futures are complete already, so the callback runs before this returns.
        upgrader.buildUpgradeResponse(channel: context.channel, upgradeRequest: head, initialResponseHeaders: [:])
            .assumeIsolated().whenComplete { result in
                switch result {
                case .success(let headers): self.state = .accepted(request, headers)
                case .failure: self.refuse(.malformed("the WebSocket headers are unusable"), context)
                }
            }
    }

    private func upgrade(_ request: UpgradeRequest, _ headers: HTTPHeaders, _ context: ChannelHandlerContext) {
        guard let socket = site.accept(request) else {
            return respond("503 Service Unavailable", "too many connections: try again later", context)
        }
        state = .handedOver
        var response = context.channel.allocator.buffer(capacity: 256)
        response.writeStaticString("HTTP/1.1 101 Switching Protocols\r\n")
        for (name, value) in headers { response.writeString("\(name): \(value)\r\n") }
        if let compression = request.compression {
            response.writeString("Sec-WebSocket-Extensions: \(compression.response)\r\n")
        }
        response.writeStaticString("\r\n")
        let pipeline = context.pipeline.syncOperations
        let gate = UpgradeGate()
        do {
            try pipeline.addHandler(gate, position: .before(decoder))
            try pipeline.addHandler(socket)
        } catch {
            return context.close(promise: nil)
        }
        for handler in plainHandlers { pipeline.removeHandler(handler, promise: nil) }
        context.writeAndFlush(NIOAny(response), promise: nil)
        site.upgraded()
        pipeline.removeHandler(self, promise: nil)
        // Passes on the bytes after the request in a later turn, where nothing else fires `channelReadComplete`.
        let channel = context.channel
        pipeline.removeHandler(decoder).assumeIsolated().whenComplete { _ in
            pipeline.removeHandler(gate, promise: nil)
            channel.pipeline.fireChannelReadComplete()
        }
    }

    private func refuse(_ refusal: UpgradeRefusal, _ context: ChannelHandlerContext) {
        switch refusal {
        case .malformed(let detail): respond("400 Bad Request", detail, context)
        case .foreignOrigin: respond("403 Forbidden", "pages of this origin may not connect", context)
        case .method: respond("405 Method Not Allowed\r\nAllow: GET", "only GET", context)
        case .upgradeRequired:
            respond(
                "426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13",
                "this port speaks WebSocket (RFC 6455, version 13)", context)
        }
    }

    private func respond(_ status: String, _ detail: String, _ context: ChannelHandlerContext) {
        state = .refused
        for handler in plainHandlers { context.pipeline.syncOperations.removeHandler(handler, promise: nil) }
        let text = """
            HTTP/1.1 \(status)\r
            Content-Type: text/plain; charset=utf-8\r
            Content-Length: \(detail.utf8.count + 1)\r
            Connection: close\r
            \r

            """ + (isHead ? "" : detail + "\n")
        let channel = context.channel
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { _ in channel.close(promise: nil) }
        context.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: written)
    }
}

/// The destination of upgraded sockets: the chat, or the echo server for conformance suites.
protocol UpgradeSite: AnyObject {
    var allowedOrigins: [String]? { get }
    var compression: Compression.Policy { get }

    /// Takes the client address that a proxy sent ahead of the first byte; returns false if the socket must be closed.
    func received(proxied client: IPAddress) -> Bool

    /// Takes the headers of a request, which may name the client that a proxy forwards for.
    func received(_ headers: HTTPHeaders)

    /// Returns the handler of the WebSocket; nil if there are too many connections.
    func accept(_ request: UpgradeRequest) -> (any ChannelHandler & RemovableChannelHandler)?

    /// The response has been written; the handler may write.
    func upgraded()

    /// The socket was closed, or serves plain requests.
    func abandoned()
}
