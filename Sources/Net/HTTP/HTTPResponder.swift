internal import CoreMetrics
internal import NIOCore
internal import NIOHTTP1

/// Answers the requests of one connection from its routes, one after the other, and closes it when a deadline passes.
///
/// On the channel's event loop. There is no timer to cancel: a periodic check compares the current deadline, and stops
/// by itself when the channel is closed.
final class HTTPResponder: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase {
        /// Waiting for a request's head to be complete.
        case reading
        /// A head has arrived; the end of its request has not.
        case answering(HTTPReply, HTTPRequestHead, keepAlive: Bool)
        /// The last response is written; bytes that still arrive are discarded.
        case closing
    }

    private let pipeline: HTTPPipeline
    private var limits: HTTPLimits { pipeline.limits }
    /// Whether the connection counts among those of the listener.
    private var admitted: Bool
    /// The client's address; counted from accept on, or once a proxy has named it.
    private var permit: AddressPermit
    private var hasReceived = false
    private var phase = Phase.reading
    private var unsent = 0
    private var removed = false
    private var deadline = NIODeadline.distantFuture
    /// The client address that a proxy sent ahead of the first request; nil if it sent none.
    private var proxied: IPAddress?

    /// - Parameters:
    ///   - permit: of the client, counted already unless its address is not known.
    ///   - admitted: whether the connection counts already; else it counts from its first request on.
    init(_ pipeline: HTTPPipeline, permit: AddressPermit, admitted: Bool) {
        self.pipeline = pipeline
        self.permit = permit
        self.admitted = admitted
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // If an earlier handler may still upgrade the socket, the first bytes do not arrive here.
        deadline = context.eventLoop.now + (admitted ? limits.firstByteTimeout : limits.requestTimeout)
        sweep(context: context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        // The socket was closed, or other handlers serve it: this handler must not check its deadlines any more.
        removed = true
        if admitted { pipeline.count.release() }
        permit.release(to: pipeline.addresses)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Bytes arrived, but no complete head yet: it has the rest of its time.
        if !hasReceived, admitted { deadline = deadline + (limits.requestTimeout - limits.firstByteTimeout) }
        hasReceived = true
        context.fireChannelReadComplete()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), phase) {
        case (_, .closing): break
        case (.head(let head), _): receive(head, context: context)
        case (.body, .answering(_, let head, _)): refuse(.payloadTooLarge, head, context: context)
        case (.body, .reading): refuse(.payloadTooLarge, nil, context: context)
        case (.end, .answering(let reply, let head, let keepAlive)):
            phase = .reading
            write(reply, to: head, keepAlive: keepAlive, context: context)
        case (.end, .reading): break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (error, phase) {
        case (_, .closing): break
        case (HTTPParserError.headerOverflow, _): refuse(.requestHeaderFieldsTooLarge, nil, context: context)
        case (is HTTPParserError, _): refuse(.badRequest, nil, context: context)
        default: context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let client = event as? ProxiedClient {
            proxied = client.address
            // If the port also serves WebSockets, this may become one: only its request shows that.
            guard !admitted || admits(client.address) else { return context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func receive(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        // A client that keeps sending requests without reading responses must not take more memory.
        guard context.channel.isWritable else { return context.close(promise: nil) }
        guard admitted || pipeline.count.admit() else {
            pipeline.metrics.pagesRefused.increment()
            return context.close(promise: nil)
        }
        (admitted, hasReceived) = (true, true)
        let client = pipeline.proxies.client(head.headers, from: sender(context))
        guard admits(client) else { return refuse(.serviceUnavailable, head, context: context) }
        do throws(HTTPRequest.Fault) {
            var reply = pipeline.routes.reply(to: try HTTPRequest(head))
            pipeline.strictTransport?.add(to: &reply, for: head.headers, from: sender(context))
            // NIO's decoder stops at a request to upgrade, so nothing may follow one.
            let upgrade = head.headers.contains(name: "upgrade") || head.method == .CONNECT
            phase = .answering(reply, head, keepAlive: head.isKeepAlive && !upgrade)
        } catch {
            switch error {
            case .malformed: refuse(.badRequest, head, context: context)
            case .body: refuse(.payloadTooLarge, head, context: context)
            }
        }
    }

    /// Counts the client at its address; returns false if the address has too many connections.
    private func admits(_ client: IPAddress) -> Bool {
        permit.acquire(for: client, from: pipeline.addresses)
        guard permit.admission != .admitted else { return true }
        pipeline.metrics.refusedByAddress.increment()
        return false
    }

    /// The address that requests come from, as far as it is known without their headers.
    private func sender(_ context: ChannelHandlerContext) -> IPAddress {
        proxied ?? IPAddress(peerOf: context.channel)
    }

    /// Sends the last response, to a request or to bytes that are not a request.
    ///
    /// - Parameter head: nil if the request is not known; then it is the one that is being answered, if any.
    private func refuse(_ status: HTTPResponseStatus, _ head: HTTPRequestHead?, context: ChannelHandlerContext) {
        var head = head
        if head == nil, case .answering(_, let current, _) = phase { head = current }
        write(.bare(status), to: head, keepAlive: false, context: context)
    }

    private func report(_ reply: HTTPReply, to head: HTTPRequestHead?, context: ChannelHandlerContext) {
        guard let accesses = pipeline.accesses else { return }
        let sender = sender(context)
        accesses.record(
            HTTPAccess(
                client: head.map { pipeline.proxies.client($0.headers, from: sender) } ?? sender,
                method: head?.method.rawValue, path: head.map { String($0.uri.prefix { $0 != "?" }) },
                status: reply.status.code, bytes: head?.method == .HEAD ? 0 : reply.body.readableBytes))
    }

    private func write(_ reply: HTTPReply, to head: HTTPRequestHead?, keepAlive: Bool, context: ChannelHandlerContext) {
        report(reply, to: head, context: context)
        var headers = reply.headers
        if reply.status != .notModified {
            headers.replaceOrAdd(name: "Content-Length", value: String(reply.body.readableBytes))
        }
        if !keepAlive {
            headers.replaceOrAdd(name: "Connection", value: "close")
        } else if head?.version.minor == 0 {
            headers.replaceOrAdd(name: "Connection", value: "keep-alive")
        }
        let responseHead = HTTPResponseHead(version: .http1_1, status: reply.status, headers: headers)
        context.write(wrapOutboundOut(.head(responseHead)), promise: nil)
        if head?.method != .HEAD, reply.body.readableBytes > 0 {
            context.write(wrapOutboundOut(.body(.byteBuffer(reply.body))), promise: nil)
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        let loopBound = context.loopBound
        written.futureResult.assumeIsolated().whenComplete { _ in self.sent(context: loopBound.value) }
        unsent += 1
        deadline = context.eventLoop.now + limits.responseTimeout
        if !keepAlive { phase = .closing }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }

    /// A response has been written: sets the deadline of the next request, or closes the connection.
    private func sent(context: ChannelHandlerContext) {
        unsent -= 1
        guard unsent == 0 else { return }
        switch phase {
        case .closing:
            // Only the server's side: a full close while the client still sends would reset it before it reads the
            // response.
            deadline = context.eventLoop.now + limits.lingerTimeout
            context.close(mode: .output, promise: nil)
        case .reading, .answering: deadline = context.eventLoop.now + limits.requestTimeout
        }
    }

    private func sweep(context: ChannelHandlerContext) {
        let loopBound = context.loopBound
        context.eventLoop.assumeIsolated().scheduleTask(in: limits.sweepInterval) {
            let context = loopBound.value
            guard !self.removed else { return }
            if self.deadline <= context.eventLoop.now { return context.close(promise: nil) }
            self.sweep(context: context)
        }
    }
}

@available(*, unavailable)
extension HTTPResponder: Sendable {}
