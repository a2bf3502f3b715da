internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// A bound port.
package struct Listener: Sendable {
    private let channel: any Channel
    private let loops: Loops

    /// The port, also if a free one was requested.
    package let port: Int
    /// The count of its sockets, and their maximum.
    package let sockets: SocketBudget

    /// Binds; `configure` prepares the pipeline of each accepted socket, on that socket's event loop, after the
    /// handlers of TLS and of a trusted proxy's header.
    ///
    /// Clients can connect from then on; they wait in the kernel's queue until `accept()`.
    ///
    /// - Throws: `ListenError`, or what `configure` throws.
    static func bind(
        _ address: ListenAddress, on loops: Loops, tls: TLSIdentity?, proxies: TrustedProxies,
        limits: NetLimits, configure: @escaping @Sendable (any Channel, Peer) throws -> Void
    ) async throws -> Listener {
        let metrics = loops.metrics
        let sockets = SocketBudget(max: limits.socketsMax, metrics: metrics)
        var bootstrap = ServerBootstrap(group: loops.group)
            .serverChannelOption(.autoRead, value: false)
            .serverChannelOption(.backlog, value: CInt(limits.backlog))
            .serverChannelOption(
                .maxMessagesPerRead, value: UInt(min(limits.acceptsPerTurnMax, limits.socketsMax ?? .max))
            )
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptLimiter(budget: sockets, limits: limits, metrics: metrics))
                }
            }
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let peer = Peer(of: channel, proxies)
                    if peer.isProxy {
                        try channel.pipeline.syncOperations.addHandler(
                            ProxyHeaderHandler(
                                bytesMax: limits.proxyHeaderBytesMax, malformed: loops.metrics.malformedProxyHeaders))
                    }
                    if let context = tls?.context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try configure(channel, peer)
                }
            }
        if tls == nil {
            // With one read in each turn, NIO keeps one buffer.
            bootstrap = bootstrap.childChannelOption(.maxMessagesPerRead, value: 1)
                .childChannelOption(.recvAllocator, value: FirstReads())
        } else {
            let buffers = AdaptiveRecvByteBufferAllocator(minimum: 256, initial: 512, maximum: NetLimits.readBytesMax)
            bootstrap = bootstrap.childChannelOption(.recvAllocator, value: buffers)
        }
        if let socket = try inherited(by: address) {
            let channel = try await bootstrap.withBoundSocket(socket.descriptor).get()
            // NIO has just set the kernel's queue to 128.
            listen(socket.descriptor, CInt(limits.backlog))
            return Listener(channel: channel, loops: loops, port: socket.address.port ?? 0, sockets: sockets)
        }
        if address.reusePort {
            bootstrap = bootstrap.serverChannelOption(.socketOption(.init(rawValue: SO_REUSEPORT)), value: 1)
        }
        let channel: any Channel
        do { channel = try await bootstrap.bind(host: address.host, port: address.port).get() } catch {
            throw ListenError(error)
        }
        return Listener(channel: channel, loops: loops, port: channel.localAddress?.port ?? 0, sockets: sockets)
    }

    private static func inherited(by address: ListenAddress) throws -> InheritedSocket? {
        guard let descriptor = address.inherited else { return nil }
        if let socket = InheritedSocket(descriptor), try socket.serves(address) { return socket }
        Glibc.close(descriptor)
        return nil
    }

    /// Accepts clients from now on.
    package func accept() async throws { try await channel.setOption(.autoRead, value: true).get() }

    /// Stops accepting; accepted sockets stay open.
    ///
    /// If another process has a descriptor of the socket, clients can still connect and wait for that process to
    /// accept.
    package func close() async {
        // When NIO closes the listener, it also closes sockets that it has accepted but not set up yet. So accepting
        // stops first, and sockets on the way to another loop and back arrive. These calls fail only on a closed
        // listener, which is the desired state.
        try? await channel.setOption(.autoRead, value: false).get()
        for outlet in loops.loopOutlets { await outlet.settle() }
        try? await channel.eventLoop.submit {}.get()
        try? await channel.close()
    }

    /// Returns a duplicate descriptor of the socket for another process; the caller must close it.
    ///
    /// - Throws: an error of the operating system, or an error if the listener is closed.
    package func duplicate() async throws -> CInt {
        let channel = channel
        return try await channel.eventLoop.submit {
            let descriptor = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
                of: NIOBSDSocket.Handle.self
            ) { fcntl($0, F_DUPFD_CLOEXEC, 0) }
            guard let descriptor else { throw ChannelError.ioOnClosedChannel }
            guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "fcntl") }
            return descriptor
        }.get()
    }
}
