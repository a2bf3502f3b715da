internal import CoreMetrics
internal import NIOCore

/// The first handler of a trusted proxy's socket: removes a PROXY protocol header, reports the client, removes itself.
///
/// It has no time-out of its own: the handlers that wait for the request close a socket that sends none in time.
final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let malformed: Counter
    private var reader: ProxyHeaderReader
    private var phase = Phase.reading

    private enum Phase {
        case reading
        case passing
        case failed
    }

    /// - Parameter malformed: counts connections that are closed here.
    init(bytesMax: Int, malformed: Counter) {
        self.reader = ProxyHeaderReader(bytesMax: bytesMax)
        self.malformed = malformed
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch phase {
        case .reading: read(data, context)
        case .passing: context.fireChannelRead(data)
        case .failed: break
        }
    }

    private func read(_ data: NIOAny, _ context: ChannelHandlerContext) {
        switch reader.received(unwrapInboundIn(data)) {
        case .wait: break
        case .pass(let rest, let client):
            phase = .passing
            if let client { context.fireUserInboundEventTriggered(ProxiedClient(address: client)) }
            if rest.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(rest)) }
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        case .fail:
            phase = .failed
            malformed.increment()
            context.close(promise: nil)
        }
    }
}
