internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A bound port.
public struct Listener: Sendable {
    private let channel: any Channel

    /// The port, also when a free one was asked for.
    public var port: Int { channel.localAddress?.port ?? 0 }

    /// Binds; `configure` prepares the pipeline of each accepted socket, on that socket's event loop, after TLS.
    ///
    /// - Throws: an error of the operating system, if the address is taken or not of this machine.
    static func bind(
        _ address: ListenAddress, on loops: Loops, tls: NIOSSLContext?, limits: NetLimits,
        configure: @escaping @Sendable (any Channel) throws -> Void
    ) async throws -> Listener {
        var bootstrap = ServerBootstrap(group: loops.group)
            .serverChannelOption(.backlog, value: CInt(limits.backlog))
            .serverChannelOption(.maxMessagesPerRead, value: UInt(limits.acceptsPerTurnMax))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 256, initial: 512, maximum: 65_536)
            )
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try configure(channel)
                }
            }
        if address.reusePort {
            bootstrap = bootstrap.serverChannelOption(.socketOption(.init(rawValue: SO_REUSEPORT)), value: 1)
        }
        return Listener(channel: try await bootstrap.bind(host: address.host, port: address.port).get())
    }

    /// Stops accepting; accepted sockets go on.
    public func close() async { try? await channel.close() }

    /// An HTTP/1.1 request decoder that leaves the bytes after an upgrade alone, with the server's header limits.
    static func requestDecoder(_ limits: NetLimits) -> ByteToMessageHandler<HTTPRequestDecoder> {
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = limits.headerFieldBytesMax
        decoding.maxHeaderListSize = limits.headerBytesMax
        decoding.maxHeaderFieldCount = limits.headerFieldsMax
        return ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: decoding))
    }
}
