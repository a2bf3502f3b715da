internal import NIOCore
internal import NIOPosix

/// Free ports for servers that must know their port before they start.
package enum FreePort {
    /// A port of 127.0.0.1 on which nothing listened at the time of the call.
    package static func find() async throws -> Int {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = listener.localAddress?.port ?? 0
        try await listener.close().get()
        return port
    }
}
