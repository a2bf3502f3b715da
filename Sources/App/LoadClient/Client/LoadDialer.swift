internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import NIOWebSocket
internal import SystemPackage

/// Opens WebSocket connections for a run.
struct LoadDialer: Sendable {
    /// The server answered the upgrade with a status other than 101.
    struct NotUpgraded: Error, CustomStringConvertible {
        let description = "the server did not accept the upgrade to WebSocket"
    }

    /// No connection can be made to the server's address.
    struct Unreachable: Error, CustomStringConvertible {
        let description: String

        init(_ target: LoadTarget, _ error: any Error) {
            let reason =
                switch error {
                case let error as NIOConnectionError: Self.reason(error)
                case ChannelError.connectTimeout: "no answer in time"
                default: "\(error)"
                }
            description = "cannot connect to \(target.host):\(target.port): \(reason)"
        }

        private static func reason(_ error: NIOConnectionError) -> String {
            guard let first = error.connectionErrors.first?.error else { return "the name has no address" }
            switch first {
            case let error as IOError: return Errno(rawValue: error.errnoCode).description
            case ChannelError.connectTimeout: return "no answer in time"
            default: return "\(first)"
            }
        }
    }

    private let target: LoadTarget
    private let loop: any EventLoop
    private let tls: NIOSSLContext?

    /// A dialer for a plan.
    ///
    /// - Throws: what swift-nio-ssl reports when TLS cannot be set up.
    init(_ plan: LoadPlan, loop: any EventLoop) throws {
        target = plan.target
        self.loop = loop
        guard plan.target.isEncrypted else {
            tls = nil
            return
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = plan.verifiesCertificate ? .fullVerification : .none
        tls = try NIOSSLContext(configuration: configuration)
    }

    /// Connects and upgrades; from then on `handler` receives the frames.
    ///
    /// - Parameter opening: gets the socket before it is connected, on its event loop; closing it ends the attempt.
    /// - Throws: `Unreachable`, `NotUpgraded`, or what TLS reports.
    func connect(
        requestTarget: String, opening: @escaping @Sendable (any Channel) -> Void,
        handler: @escaping @Sendable () -> LoadSocketHandler
    ) async throws -> any Channel {
        let upgrade: EventLoopFuture<any Channel>
        do {
            upgrade = try await ClientBootstrap(group: loop)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connectTimeout(.seconds(10))
                .connect(host: target.host, port: target.port) { channel in
                    opening(channel)
                    return channel.eventLoop.makeCompletedFuture {
                        if let tls {
                            try channel.pipeline.syncOperations.addHandler(tlsHandler(tls))
                        }
                        return try configureUpgrade(channel, requestTarget: requestTarget, handler: handler)
                    }
                }
        } catch {
            throw Unreachable(target, error)
        }
        return try await upgrade.get()
    }

    private func configureUpgrade(
        _ channel: any Channel, requestTarget: String, handler: @escaping @Sendable () -> LoadSocketHandler
    ) throws -> EventLoopFuture<any Channel> {
        let upgrader = NIOTypedWebSocketClientUpgrader<any Channel>(
            maxFrameSize: LoadSocketHandler.messageBytesMax,
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler())
                    return channel
                }
            })
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: requestTarget)
        head.headers.add(name: "Host", value: target.authority)
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                upgradeRequestHead: head, upgraders: [upgrader],
                notUpgradingCompletionHandler: { channel in
                    channel.close(promise: nil)
                    return channel.eventLoop.makeFailedFuture(NotUpgraded())
                }))
        // The server's first frame often arrives together with its 101.
        configuration.leftOverBytesStrategy = .forwardBytes
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
    }

    private func tlsHandler(_ context: NIOSSLContext) throws -> NIOSSLClientHandler {
        // The server name is sent only if it is not an address: SNI does not allow addresses.
        let isAddress = (try? SocketAddress(ipAddress: target.host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : target.host)
    }
}
