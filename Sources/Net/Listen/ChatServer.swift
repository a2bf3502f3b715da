package import Logging
package import NIOCore
internal import NIOHTTP1
package import Rooms
internal import Synchronization

/// The WebSocket side of the server: accepts sockets, upgrades them and runs their connections.
package final class ChatServer: Sendable {
    private let loops: Loops
    /// The sockets of the clients.
    let counts: ConnectionCounts
    private let limits: NetLimits
    private let context: ConnectionContext
    private let allowedOrigins: Mutex<[String]?>
    private let compression: Compression.Policy
    private let proxies: TrustedProxies

    /// Creates a server that does not listen yet.
    ///
    /// - Parameters:
    ///   - limits: also for new connections, until `setLimits`.
    ///   - node: the rooms and sessions that the connections join.
    ///   - allowedOrigins: origins whose pages may connect; nil for any.
    ///   - compresses: whether permessage-deflate (RFC 7692) is accepted.
    ///   - proxies: the proxies that may name another client.
    package init(
        loops: Loops, limits: NetLimits, node: Node, logger: Logger, allowedOrigins: [String]?, compresses: Bool,
        proxies: TrustedProxies
    ) {
        self.loops = loops
        self.limits = limits
        counts = ConnectionCounts(limits: limits, metrics: loops.metrics, logger: logger)
        context = ConnectionContext(limits: limits, metrics: loops.metrics, counts: counts, node: node)
        self.allowedOrigins = Mutex(allowedOrigins)
        self.compression = compresses ? .forgetful : .off
        self.proxies = proxies
    }

    /// Open WebSocket connections. From any isolation.
    package var connectionCount: Int { counts.open }

    /// Sets the rates and the deadlines of new connections and the maximum of a client address; the other limits keep
    /// their effect from the start. From any isolation.
    package func setLimits(_ limits: NetLimits) {
        counts.addresses.setMax(limits.connectionsPerAddressMax)
        context.limitsOfNewcomers = limits
    }

    /// Sets the origins whose pages may connect, for sockets that are accepted from now on; nil for any.
    package func allow(origins: [String]?) { allowedOrigins.withLock { $0 = origins } }

    /// Listens for WebSockets, and also for plain requests if `pages` are served on the same port; does not accept
    /// sockets yet.
    package func bind(_ address: ListenAddress, tls: TLSIdentity?, pages: HTTPPipeline?) async throws -> Listener {
        try await Listener.bind(address, on: loops, tls: tls, proxies: proxies, limits: limits) {
            try self.configure($0, of: $1, isPlain: tls == nil, pages: pages)
        }
    }

    private func configure(_ channel: any Channel, of peer: Peer, isPlain: Bool, pages: HTTPPipeline?) throws {
        guard let outlet = loops.outlet(of: channel) else { throw ChannelError.inappropriateOperationForState }
        var permit = AddressPermit(for: peer.address)
        // A proxy has not named its client yet.
        if !peer.isProxy, !counts.acquire(&permit, for: peer.address) {
            throw ChannelError.inappropriateOperationForState
        }
        let connection = Connection(channel: channel, outlet: outlet, context: context)
        let site = ChatSite(
            connection: connection, counts: counts, permit: permit, isPlain: isPlain,
            allowedOrigins: allowedOrigins.withLock { $0 }, compression: compression, proxies: proxies)
        do { try configure(channel, for: site, pages: pages) } catch {
            // The socket is closed already; perhaps no handler has noticed it.
            site.abandoned()
            throw error
        }
        outlet.assumeIsolated { $0.insert(connection) }
    }

    private func configure(_ channel: any Channel, for site: ChatSite, pages: HTTPPipeline?) throws {
        let decoder = limits.head.decoder(.forwardBytes)
        let pipeline = channel.pipeline.syncOperations
        if let pages {
            let encoder = HTTPResponseEncoder()
            let answering = pages.answering()
            try pipeline.addHandlers([encoder, decoder])
            try pipeline.addHandler(
                UpgradeHandler(site: site, decoder: decoder, plainHandlers: [encoder] + answering))
            try pipeline.addHandlers(answering)
        } else {
            try pipeline.addHandler(decoder)
            try pipeline.addHandler(UpgradeHandler(site: site, decoder: decoder, plainHandlers: []))
        }
    }

    /// Runs the connections until cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for outlet in loops.loopOutlets {
                group.addTask { await outlet.run() }
                group.addTask { await outlet.runSteps() }
                group.addTask(executorPreference: outlet.taskExecutor) { await outlet.handleReads() }
            }
        }
    }

    /// Closes all connections, spread over the time; messages sent before are stored and delivered.
    package func drain(over spread: TimeAmount, for reason: DrainReason = .stop(connections: 0)) async {
        for outlet in loops.loopOutlets { await outlet.drain(over: spread, for: reason) }
    }
}

/// Upgrades one socket to a chat connection.
private final class ChatSite: UpgradeSite {
    private let connection: Connection
    private let counts: ConnectionCounts
    private var permit: AddressPermit
    private let isPlain: Bool
    private let proxies: TrustedProxies
    private var request: UpgradeRequest?
    let allowedOrigins: [String]?
    let compression: Compression.Policy

    init(
        connection: Connection, counts: ConnectionCounts, permit: AddressPermit, isPlain: Bool,
        allowedOrigins: [String]?, compression: Compression.Policy, proxies: TrustedProxies
    ) {
        self.connection = connection
        self.counts = counts
        self.permit = permit
        self.isPlain = isPlain
        self.allowedOrigins = allowedOrigins
        self.compression = compression
        self.proxies = proxies
    }

    func received(proxied client: IPAddress) -> Bool { counts.acquire(&permit, for: client) }

    func received(_ headers: HTTPHeaders) {
        permit.acquire(for: proxies.client(headers, from: permit.address), from: counts.addresses)
    }

    func accept(_ request: UpgradeRequest) -> (any ChannelHandler & RemovableChannelHandler)? {
        guard counts.began(with: permit) else { return nil }
        self.request = request
        return SocketHandler(connection, permit: permit)
    }

    func upgraded() {
        guard let request else { return }
        let isPlain = isPlain
        connection.assumeIsolated { $0.upgraded(request, isPlain: isPlain) }
    }

    func abandoned() {
        permit.release(to: counts.addresses)
        connection.assumeIsolated { $0.disconnected() }
    }
}
