internal import NIOCore
internal import NIOPosix

/// The response to one GET on its own connection.
package struct HTTPAnswer: Sendable {
    /// The status; 0 if there was no response.
    package let status: Int
    /// Status line and headers.
    package let head: String
    /// The body.
    package let body: String

    /// Sends a GET to a port of 127.0.0.1 and reads to the end; throws if nothing listens there.
    ///
    /// - Parameters:
    ///   - headers: further header lines of the request.
    ///   - preface: bytes to send before everything else, even before TLS, as a proxy does.
    package static func get(
        _ path: String, _ port: Int, headers: [String] = [], tls: Bool = false, preface: [UInt8] = []
    ) async throws -> HTTPAnswer {
        let lines = ["GET \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"] + headers
        let request = lines.joined(separator: "\r\n") + "\r\n\r\n"
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let received = loop.makePromise(of: String.self)
        do {
            _ = try await ClientBootstrap(group: loop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(Preface(preface))
                        if tls { try pipeline.addHandler(ChatClient.anyCertificate()) }
                        try pipeline.addHandler(Exchange(request: request, received: received))
                    }
                }
                .connect(host: "127.0.0.1", port: port).get()
        } catch {
            received.fail(error)
        }
        return HTTPAnswer(try await received.futureResult.get())
    }

    private init(_ text: String) {
        let end = text.firstRange(of: "\r\n\r\n") ?? text.endIndex..<text.endIndex
        head = String(text[..<end.lowerBound])
        body = String(text[end.upperBound...])
        status = Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0
    }
}

private final class Exchange: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: String
    private let received: EventLoopPromise<String>
    private var answer = ByteBuffer()

    init(request: String, received: EventLoopPromise<String>) {
        self.request = request
        self.received = received
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        answer.writeBuffer(&bytes)
    }

    func channelInactive(context: ChannelHandlerContext) { received.succeed(String(buffer: answer)) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
