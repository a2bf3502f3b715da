internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A TCP proxy on 127.0.0.1 in front of a PostgreSQL cluster's Unix socket that simulates network faults.
///
/// Everything runs on one event loop. There is no backpressure for slow readers, so use it with small messages only.
package final class FaultProxy: Sendable {
    /// The database's connection string does not begin with the socket's directory and the port.
    package struct UnknownAddress: Error {}

    /// The libpq connection string of the database through the proxy.
    package let url: String

    private let loop: any EventLoop
    private let listener: any Channel
    private let core: NIOLoopBound<ProxyCore>

    /// A proxy in front of a database of an embedded cluster.
    ///
    /// - Parameter url: must begin with `host='DIRECTORY' port=PORT`.
    package static func start(before url: String) async throws -> FaultProxy {
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

    /// Stops forwarding in both directions; connections are still accepted. No bytes are lost.
    package func stall() async throws { try await onLoop { $0.stall() } }

    /// Forwards the waiting bytes and all later ones.
    package func goOn() async throws { try await onLoop { $0.goOn() } }

    /// Drops everything, in both directions and permanently, also on new connections. All connections stay open and
    /// silent.
    package func openHole() async throws { try await onLoop { $0.openHole() } }

    /// Resets the connections whose bytes were dropped; forwards new connections.
    package func closeHole() async throws { try await onLoop { $0.closeHole() } }

    /// Resets every connection; new ones are forwarded.
    package func cut() async throws { try await onLoop { $0.cut() } }

    /// Lets the server answer the next execution of a prepared statement, drops the answer and resets the connection;
    /// returns when that has happened.
    package func swallowReply(to statement: String) async throws {
        try await loop.flatSubmit { [core, loop] in
            let swallowed = loop.makePromise(of: Void.self)
            core.value.swallowReply(to: statement, swallowed)
            return swallowed.futureResult
        }.get()
    }

    /// Stops the proxy and all its connections.
    package func stop() async throws {
        try await listener.close()
        try await cut()
    }

    private func onLoop(_ body: @escaping @Sendable (ProxyCore) -> Void) async throws {
        try await loop.submit { [core] in body(core.value) }.get()
    }
}
