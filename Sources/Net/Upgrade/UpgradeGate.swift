internal import NIOCore

/// Holds inbound bytes back from a decoder that is being removed from the pipeline.
///
/// The removal takes a turn of the event loop. Until then the decoder would parse frames as requests, and pass on parts
/// of requests where bytes are expected.
///
/// On the channel's event loop. Holds at most the bytes of one read: the loop reads a socket once a turn.
final class UpgradeGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private var held: [ByteBuffer] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { held.append(unwrapInboundIn(data)) }

    /// Passes on the held bytes, unless the socket was closed meanwhile.
    func handlerRemoved(context: ChannelHandlerContext) {
        if context.channel.isActive { for bytes in held { context.fireChannelRead(NIOAny(bytes)) } }
        held = []
    }
}

@available(*, unavailable)
extension UpgradeGate: Sendable {}
