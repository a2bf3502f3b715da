internal import Glibc
internal import NIOCore

/// One client of a `FaultProxy` and its connection to the server; on the proxy's event loop.
final class ProxyLink {
    /// Finds the statements that the client executes.
    var statements = StatementScanner()
    /// Whether forwarding has stopped permanently.
    var isSwallowed = false

    private let client: any Channel
    private var server: (any Channel)?
    private var replySwallowed: (() -> Void)?
    private var replyEnd: [UInt8] = []
    private var hasEnded = false

    /// "ReadyForQuery" outside a transaction (manual, 55.7): the answer is complete, and its transaction has ended.
    private static let readyForQuery: [UInt8] = [UInt8(ascii: "Z"), 0, 0, 0, 5, UInt8(ascii: "I")]

    /// A client that has no connection to the server yet.
    init(client: any Channel) { self.client = client }

    /// Called when the connection to the server is open.
    func connected(_ server: any Channel) {
        self.server = server
        if hasEnded { end() }
    }

    /// Starts or stops reading on both sides.
    func read(_ isReading: Bool) {
        guard !(isReading && isSwallowed) else { return }
        for channel in [client, server].compactMap({ $0 }) {
            channel.setOption(.autoRead, value: isReading).whenFailure { _ in channel.close(promise: nil) }
        }
    }

    /// Drops the server's next answer, resets the connection and then calls `done`.
    func swallowReply(_ done: @escaping () -> Void) { replySwallowed = done }

    /// Called with bytes from the client.
    func fromClient(_ bytes: ByteBuffer) {
        guard !isSwallowed else { return }
        server?.writeAndFlush(bytes, promise: nil)
    }

    /// Called with bytes from the server.
    func fromServer(_ bytes: ByteBuffer) {
        guard !isSwallowed else { return }
        guard let done = replySwallowed else { return client.writeAndFlush(bytes, promise: nil) }
        replyEnd = (replyEnd + bytes.readableBytesView).suffix(Self.readyForQuery.count)
        guard replyEnd == Self.readyForQuery else { return }
        replySwallowed = nil
        cut()
        done()
    }

    /// Closes both sides normally.
    func end() {
        hasEnded = true
        client.close(promise: nil)
        server?.close(promise: nil)
    }

    /// Resets the client's connection.
    func cut() {
        // Closing without lingering sends RST (socket(7)).
        let abrupt = linger(l_onoff: 1, l_linger: 0)
        guard let socket = client as? any SocketOptionProvider else { return end() }
        socket.setSoLinger(abrupt).assumeIsolated().whenComplete { _ in self.end() }
    }
}

/// Passes on what one side of a link receives.
final class ProxyEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let received: (ByteBuffer) -> Void
    private let ended: () -> Void

    init(received: @escaping (ByteBuffer) -> Void, ended: @escaping () -> Void) {
        (self.received, self.ended) = (received, ended)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { received(unwrapInboundIn(data)) }

    func channelInactive(context: ChannelHandlerContext) { ended() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
