public import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// The WebSocket side of the server: accepts sockets, upgrades them and lets their connections live.
public final class ChatServer: Sendable {
    private let loops: Loops
    private let hub: Hub
    private let allowedOrigins: Mutex<[String]?>
    private let compression: Compression.Policy
    private let steps: AsyncStream<ConnectionStep>
    private let stepper: AsyncStream<ConnectionStep>.Continuation

    /// A server that listens nowhere yet.
    ///
    /// - Parameters:
    ///   - allowedOrigins: origins whose pages may connect; nil for any.
    ///   - compresses: whether permessage-deflate (RFC 7692) is agreed to.
    public init(loops: Loops, hub: Hub, allowedOrigins: [String]?, compresses: Bool) {
        self.loops = loops
        self.hub = hub
        self.allowedOrigins = Mutex(allowedOrigins)
        self.compression = compresses ? .forgetful : .off
        // A connection takes one step at a time; twice the bound, for some may have gone with their step still here.
        (steps, stepper) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingOldest(2 * (hub.limits.connectionsMax ?? 1 << 20)))
    }

    /// Sets the origins whose pages may connect, for sockets that are accepted from now on; nil for any.
    public func allow(origins: [String]?) { allowedOrigins.withLock { $0 = origins } }

    /// Listens for WebSockets, and for plain requests too if `pages` are to be served on the same port; does not accept
    /// them yet.
    public func bind(_ address: ListenAddress, tls: TLSIdentity?, pages: HTTPPipeline?) async throws -> Listener {
        try await Listener.bind(address, on: loops, tls: tls, limits: hub.limits) { channel in
            try self.configure(channel, isPlain: tls == nil, pages: pages)
        }
    }

    private func configure(_ channel: any Channel, isPlain: Bool, pages: HTTPPipeline?) throws {
        guard let outlet = loops.outlet(of: channel) else { throw ChannelError.inappropriateOperationForState }
        let connection = Connection(channel: channel, outlet: outlet, hub: hub)
        let decoder = Listener.requestDecoder(hub.limits)
        let site = ChatSite(
            connection: connection, isPlain: isPlain, allowedOrigins: allowedOrigins.withLock { $0 },
            compression: compression, stepper: stepper)
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
        outlet.assumeIsolated { $0.insert(connection) }
    }

    /// Lets connections live, until cancelled.
    public func run() async {
        await withDiscardingTaskGroup { group in
            for outlet in loops.outlets { group.addTask { await outlet.run() } }
            for await step in steps {
                switch step {
                case .enter(let connection):
                    // Begins on its loop and stays off the global pool, whose threads would have to be woken.
                    group.addTask(executorPreference: connection.loopOutlet.taskExecutor) {
                        if await connection.enter() { self.stepper.yield(.converse(connection)) }
                    }
                case .converse(let connection): group.addTask { await connection.converse() }
                }
            }
        }
    }

    /// Sends every client away, spread over the time; what clients said before is stored and shown.
    public func drain(over spread: TimeAmount, for departure: Departure = .stop(connections: 0)) async {
        for outlet in loops.outlets { await outlet.drain(over: spread, for: departure) }
    }
}

/// What a connection does next, in a task of its own.
private enum ConnectionStep: Sendable {
    case enter(Connection)
    case converse(Connection)
}

/// Upgrades one socket to a chat connection.
private final class ChatSite: UpgradeSite {
    private let connection: Connection
    private let isPlain: Bool
    private let stepper: AsyncStream<ConnectionStep>.Continuation
    private var request: UpgradeRequest?
    let allowedOrigins: [String]?
    let compression: Compression.Policy

    init(
        connection: Connection, isPlain: Bool, allowedOrigins: [String]?, compression: Compression.Policy,
        stepper: AsyncStream<ConnectionStep>.Continuation
    ) {
        self.connection = connection
        self.isPlain = isPlain
        self.allowedOrigins = allowedOrigins
        self.compression = compression
        self.stepper = stepper
    }

    func accept(_ request: UpgradeRequest) -> (any ChannelHandler & RemovableChannelHandler)? {
        guard connection.hub.connectionBegan() else { return nil }
        self.request = request
        return SocketHandler(connection)
    }

    func upgraded() {
        guard let request else { return }
        let isPlain = isPlain
        connection.assumeIsolated { $0.upgraded(request, isPlain: isPlain) }
        stepper.yield(.enter(connection))
    }

    func abandoned() { connection.assumeIsolated { $0.disconnected() } }
}
