internal import CoreMetrics
internal import NIOCore

/// The first handler of a trusted proxy's socket: takes a PROXY protocol header off the stream, tells of the client, and goes.
///
/// It has no clock of its own: who asks for nothing in time is cut off by those that wait for the request.
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

    /// - Parameter malformed: counts connections that end here.
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
