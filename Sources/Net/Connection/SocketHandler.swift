internal import NIOCore

/// The last handler of a WebSocket's pipeline: passes bytes to the connection actor on the same event loop.
final class SocketHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let connection: Connection
    private var permit: AddressPermit

    /// - Parameter permit: of the client's address; given back when the socket is closed.
    init(_ connection: Connection, permit: AddressPermit) {
        self.connection = connection
        self.permit = permit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        connection.assumeIsolated { $0.received(bytes) }
        connection.loopOutlet.receiveBuffer.reuse(bytes)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        connection.assumeIsolated { $0.readCompleted() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.context.counts.ended(with: &permit)
        connection.assumeIsolated { $0.disconnected() }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
