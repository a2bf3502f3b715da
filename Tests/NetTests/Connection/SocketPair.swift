internal import NIOCore

@testable internal import Net

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Two connected sockets: one to write to, the other to read from without waiting.
final class SocketPair {
    private let near: CInt
    private let far: CInt

    init() throws {
        var pair: [CInt] = [-1, -1]
        guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &pair) == 0 else {
            throw IOError(errnoCode: errno, reason: "socketpair")
        }
        (near, far) = (pair[0], pair[1])
    }

    deinit {
        close(near)
        close(far)
    }

    /// The near end.
    var socket: DirectSocket { DirectSocket(descriptor: near) }

    /// Everything that has arrived at the far end since the last call.
    var received: String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = recv(far, &chunk, chunk.count, CInt(MSG_DONTWAIT))
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk.prefix(count)
        }
    }
}
