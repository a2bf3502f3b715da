internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A TCP proxy on 127.0.0.1 in front of a PostgreSQL cluster's Unix socket, with the faults of a network.
///
/// Everything happens on one event loop. Nothing is held back for a slow reader: for tests with small messages.
public final class FaultProxy: Sendable {
    /// The database's connection string does not begin with the socket's directory and the port.
    public struct UnknownAddress: Error {}

    /// The libpq connection string of the database by way of the proxy.
    public let url: String

    private let loop: any EventLoop
    private let listener: any Channel
    private let core: NIOLoopBound<ProxyCore>

    /// A proxy in front of a database of an embedded cluster.
    ///
    /// - Parameter url: begins with `host='DIRECTORY' port=PORT`.
    public static func start(before url: String) async throws -> FaultProxy {
        guard let match = url.prefixMatch(of: /host='([^']+)' port=([0-9]+)/) else { throw UnknownAddress() }
        let socket = "\(match.1)/.s.PGSQL.\(match.2)"
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let core = try await loop.submit { NIOLoopBound(ProxyCore(socket: socket), eventLoop: loop) }.get()
        let listener = try await ServerBootstrap(group: loop)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try core.value.accept(channel) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let address = "host=127.0.0.1 port=\(listener.localAddress?.port ?? 0) sslmode=disable gssencmode=disable"
        return FaultProxy(
            url: url.replacing(match.0, with: address), loop: loop, listener: listener, core: core)
    }

    private init(url: String, loop: any EventLoop, listener: any Channel, core: NIOLoopBound<ProxyCore>) {
        (self.url, self.loop, self.listener, self.core) = (url, loop, listener, core)
    }

    /// Forwards nothing any more, in neither direction; connections are still accepted. Nothing is lost.
    public func stall() async throws { try await onLoop { $0.stall() } }

    /// Forwards what has waited, and all that follows.
    public func goOn() async throws { try await onLoop { $0.goOn() } }

    /// Swallows everything, in both directions and for ever, also on new connections: all stay open and silent.
    public func openHole() async throws { try await onLoop { $0.openHole() } }

    /// Ends what the hole has swallowed; forwards new connections.
    public func closeHole() async throws { try await onLoop { $0.closeHole() } }

    /// Resets every connection; new ones are forwarded.
    public func cut() async throws { try await onLoop { $0.cut() } }

    /// Lets the server answer the next execution of a prepared statement, drops the answer, and then resets the
    /// connection; returns when that has happened.
    public func swallowReply(to statement: String) async throws {
        try await loop.flatSubmit { [core, loop] in
            let swallowed = loop.makePromise(of: Void.self)
            core.value.swallowReply(to: statement, swallowed)
            return swallowed.futureResult
        }.get()
    }

    /// Ends everything.
    public func stop() async throws {
        try await listener.close()
        try await cut()
    }

    private func onLoop(_ body: @escaping @Sendable (ProxyCore) -> Void) async throws {
        try await loop.submit { [core] in body(core.value) }.get()
    }
}
