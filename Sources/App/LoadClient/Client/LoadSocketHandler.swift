internal import NIOCore
internal import NIOWebSocket

/// Passes what one socket receives to the run; on its event loop, which is also the run's.
final class LoadSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// The longest message assembled from fragments.
    static let messageBytesMax = 1 << 24

    private let run: LoadRun
    private let index: Int
    private var fragments: ByteBuffer?

    /// A handler for the socket of one connection of the run.
    init(run: LoadRun, index: Int) {
        self.run = run
        self.index = index
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        run.assumeIsolated { [index] in $0.opened(index, channel) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text where frame.fin: deliver(frame.data)
        case .text: fragments = frame.data
        case .continuation: append(frame, context)
        case .ping:
            let pong = WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: frame.data)
            context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
        case .connectionClose:
            var data = frame.data
            let code = data.readInteger(as: UInt16.self)
            let reason = String(decoding: data.readableBytesView, as: UTF8.self)
            run.assumeIsolated { [index] in $0.closed(index, code: code, reason: reason) }
            let answer = WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: frame.data)
            context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
            context.close(promise: nil)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        run.assumeIsolated { $0.failed(error) }
        context.close(promise: nil)
    }

    private func append(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        guard var message = fragments, message.readableBytes + frame.data.readableBytes <= Self.messageBytesMax else {
            context.close(promise: nil)
            return
        }
        var piece = frame.data
        message.writeBuffer(&piece)
        fragments = frame.fin ? nil : message
        if frame.fin { deliver(message) }
    }

    private func deliver(_ message: ByteBuffer) {
        run.assumeIsolated { [index] in $0.received(index, message) }
    }
}
