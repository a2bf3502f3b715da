internal import NIOCore

/// Keeps what arrives from a decoder that is on its way out of the pipeline, which takes a turn of the loop: else it
/// would read frames as requests, and hand over parts of requests where bytes are expected.
///
/// On the channel's event loop. Holds at most what one read brings: the loop reads a socket once a turn.
final class UpgradeGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private var held: [ByteBuffer] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { held.append(unwrapInboundIn(data)) }

    /// Lets go what was held, unless the socket was closed meanwhile.
    func handlerRemoved(context: ChannelHandlerContext) {
        if context.channel.isActive { for bytes in held { context.fireChannelRead(NIOAny(bytes)) } }
        held = []
    }
}

@available(*, unavailable)
extension UpgradeGate: Sendable {}
