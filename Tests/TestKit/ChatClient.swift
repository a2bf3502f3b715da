internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import NIOWebSocket
internal import Synchronization

/// A minimal chat client over a real socket: sends and receives text frames in order.
package final class ChatClient: Sendable {
    /// The server's answer to the upgrade was not 101.
    package struct Refused: Error, Equatable, Sendable {
        /// The HTTP status.
        package let status: Int

        /// A refusal with this status.
        package init(status: Int) { self.status = status }
    }

    /// How a connection ended.
    package struct Farewell: Error, Equatable, Sendable {
        /// The server's close code; nil if the socket ended without one.
        package let code: UInt16?
        /// The reason that the server sent.
        package let reason: String
    }

    private static let open = Mutex<[Int: [any Channel]]>([:])

    private let channel: any Channel
    private let inbox: FrameInbox

    private init(channel: any Channel, inbox: FrameInbox) {
        self.channel = channel
        self.inbox = inbox
    }

    /// Connects to a port of 127.0.0.1 and upgrades; nothing is read yet.
    ///
    /// - Parameters:
    ///   - query: the query of the address, such as `session_key=1&history=0`.
    ///   - headers: further header lines of the request, such as `Cookie: session_key=1`.
    ///   - tls: whether to use TLS, accepting any certificate.
    ///   - preface: bytes to send before everything else, even before TLS, as a proxy does.
    /// - Throws: `Refused` if the server answers with a status other than 101.
    package static func connect(
        _ port: Int, _ query: String = "session_key=1", headers: [String] = [], tls: Bool = false,
        preface: [UInt8] = []
    ) async throws -> ChatClient {
        let lines = [
            "GET /?\(query) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        let request = (lines + headers).joined(separator: "\r\n") + "\r\n\r\n"
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let upgraded = loop.makePromise(of: Void.self)
        let inbox = FrameInbox()
        do {
            let channel = try await ClientBootstrap(group: loop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(Preface(preface))
                        if tls { try pipeline.addHandler(Self.anyCertificate()) }
                        try pipeline.addHandler(Handshake(request: request, upgraded: upgraded, inbox: inbox))
                    }
                }
                .connect(host: "127.0.0.1", port: port).get()
            try await upgraded.futureResult.get()
            open.withLock { $0[port, default: []].append(channel) }
            return ChatClient(channel: channel, inbox: inbox)
        } catch {
            upgraded.fail(error)
            throw error
        }
    }

    /// Closes the sockets of all clients of a port, so that a server that stops has no clients to disconnect.
    package static func hangUp(_ port: Int) async {
        let channels = open.withLock { $0.removeValue(forKey: port) ?? [] }
        // An error is ignored: the channel is already closed.
        for channel in channels { try? await channel.close().get() }
    }

    /// Connects and reads the first frame.
    package static func join(
        _ port: Int, _ query: String = "session_key=1", headers: [String] = [], tls: Bool = false,
        preface: [UInt8] = []
    ) async throws -> (client: ChatClient, welcome: ChatFrame) {
        let client = try await connect(port, query, headers: headers, tls: tls, preface: preface)
        return (client, try await client.next())
    }

    static func anyCertificate() throws -> NIOSSLClientHandler {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        return try NIOSSLClientHandler(context: NIOSSLContext(configuration: configuration), serverHostname: nil)
    }

    /// Sends one text frame.
    package func send(_ text: String) {
        let frame = WebSocketFrame(
            fin: true, opcode: .text, maskKey: .random(), data: channel.allocator.buffer(string: text))
        channel.writeAndFlush(frame, promise: nil)
    }

    /// Sends a message to the room; the text and the id must need no escaping in JSON.
    package func say(_ text: String, id: String? = nil) {
        send(id.map { "{\"message\":\"\(text)\",\"id\":\"\($0)\"}" } ?? "{\"message\":\"\(text)\"}")
    }

    /// The next frame.
    ///
    /// - Throws: `Farewell` if the connection has ended.
    package func next() async throws -> ChatFrame { ChatFrame(try await inbox.next()) }

    /// The next frames.
    package func next(_ count: Int) async throws -> [ChatFrame] {
        var frames: [ChatFrame] = []
        while frames.count < count { frames.append(try await next()) }
        return frames
    }

    /// The frames up to and including the first that matches.
    package func frames(through matches: (ChatFrame) -> Bool) async throws -> [ChatFrame] {
        var frames = [try await next()]
        while let last = frames.last, !matches(last) { frames.append(try await next()) }
        return frames
    }

    /// Waits for the end of the connection and ignores the frames before it.
    package func farewell() async throws -> Farewell { try await rest().farewell }

    /// Waits for the end of the connection and returns all frames before it.
    package func rest() async throws -> (frames: [ChatFrame], farewell: Farewell) {
        var frames: [ChatFrame] = []
        do { while true { frames.append(try await next()) } } catch let farewell as Farewell {
            return (frames, farewell)
        }
    }

    /// Closes the connection with a close frame and waits for its end.
    package func leave() async throws {
        var code = channel.allocator.buffer(capacity: 2)
        code.writeInteger(UInt16(1000))
        channel.writeAndFlush(
            WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: code), promise: nil)
        try await channel.closeFuture.get()
    }

    /// Closes the socket without a close frame, as a network failure does.
    package func cut() async throws { try await channel.close().get() }
}

/// Sends the upgrade request, waits for the answer and installs the WebSocket handlers.
private final class Handshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: String
    private let upgraded: EventLoopPromise<Void>
    private let inbox: FrameInbox
    private var answer = ByteBuffer()

    init(request: String, upgraded: EventLoopPromise<Void>, inbox: FrameInbox) {
        self.request = request
        self.upgraded = upgraded
        self.inbox = inbox
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: request)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        answer.writeBuffer(&bytes)
        guard let end = answer.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8)),
            let head = answer.readString(length: end.upperBound - answer.readerIndex)
        else { return }
        let status = Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0
        guard status == 101 else {
            upgraded.fail(ChatClient.Refused(status: status))
            return context.close(promise: nil)
        }
        do {
            try context.pipeline.syncOperations.addHandlers([
                WebSocketFrameEncoder(), ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: 1 << 24)),
                FrameReceiver(inbox),
            ])
        } catch {
            return upgraded.fail(error)
        }
        upgraded.succeed()
        context.fireChannelRead(wrapInboundOut(answer))
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        upgraded.fail(ChannelError.eof)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        upgraded.fail(error)
        context.close(promise: nil)
    }
}
