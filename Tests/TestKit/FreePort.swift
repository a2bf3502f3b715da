internal import NIOCore
internal import NIOPosix

/// Ports for servers that must know theirs beforehand.
public enum FreePort {
    /// A port of 127.0.0.1 on which nobody listened just now.
    public static func find() async throws -> Int {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = listener.localAddress?.port ?? 0
        try await listener.close().get()
        return port
    }
}
