import NIOCore
import NIOHTTP1
import NIOPosix

/// One HTTP request and its whole response, on its own connection.
///
/// Not URLSession: on Linux it fails on chromedriver's header lines ("Failed writing header").
final class BrowserExchange: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// The response.
    struct Response: Sendable {
        var status: HTTPResponseStatus
        var body: ByteBuffer
    }

    private let promise: EventLoopPromise<Response>
    private var response = Response(status: .internalServerError, body: ByteBuffer())

    private init(promise: EventLoopPromise<Response>) {
        self.promise = promise
    }

    /// Sends a request to a port of this machine.
    static func run(_ method: HTTPMethod, port: Int, path: String, body: ByteBuffer) async throws -> Response {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Response.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(BrowserExchange(promise: promise))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .flatMapErrorThrowing { error in
                promise.fail(error)
                throw error
            }
            .get()
        let headers: HTTPHeaders = [
            "Host": "127.0.0.1:\(port)", "Connection": "close", "Content-Type": "application/json",
            "Content-Length": String(body.readableBytes),
        ]
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        channel.write(HTTPClientRequestPart.body(.byteBuffer(body)), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        return try await promise.futureResult.get()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): response.status = head.status
        case .body(var part): response.body.writeBuffer(&part)
        case .end:
            promise.succeed(response)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(ChannelError.eof)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }
}
