internal import Logging
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Net
internal import Rooms
internal import Synchronization
internal import TestKit

/// A chat server on a real socket, with store and sessions in memory.
struct TestServer: Sendable {
    let store: FakeStore
    let sessions: FakeSessions
    let chat: ChatServer
    let node: Node
    let loops: Loops
    let listener: Listener
    let clients = Clients()

    var port: Int { listener.port }

    /// The clients of a test, which are closed at its end.
    final class Clients: Sendable {
        let all = Mutex<[ScriptedClient]>([])
    }

    /// Serves while the test talks to it.
    static func run(
        limits: NetLimits = .test, rooms roomLimits: RoomLimits = .test, allowedOrigins: [String]? = nil,
        sessionConnectionsMax: Int? = nil, tls: NIOSSLContext? = nil, loopCount: Int = 2, compresses: Bool = true,
        metrics: NetMetrics = NetMetrics(), proxies: TrustedProxies = TrustedProxies(),
        _ test: (TestServer) async throws -> Void
    ) async throws {
        let (store, sessions) = (FakeStore(), FakeSessions())
        sessions.insert("alice", "Alice")
        sessions.insert("bob", "Bob")
        let loops = Loops(count: loopCount, limits: limits, metrics: metrics)
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        var roomLimits = roomLimits
        roomLimits.connectionsPerSessionMax = sessionConnectionsMax
        let node = Node(
            store: store, sessions: sessions, outlets: loops.outlets, limits: roomLimits, metrics: RoomMetrics(),
            logger: logger)
        let chat = ChatServer(
            loops: loops, limits: limits, node: node, logger: logger, allowedOrigins: allowedOrigins,
            compresses: compresses, proxies: proxies)
        let server = TestServer(
            store: store, sessions: sessions, chat: chat, node: node, loops: loops,
            listener: try await chat.bind(
                ListenAddress(host: "127.0.0.1", port: 0), tls: tls.map { TLSIdentity($0) }, pages: nil))
        try await server.listener.accept()
        let storing = Task { await node.run() }
        let serving = Task { await chat.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await test(server)) } catch { result = .failure(error) }
        await server.listener.close()
        for client in server.clients.all.withLock({ $0 }) { await client.close() }
        node.queue.close()
        await storing.value
        serving.cancel()
        await serving.value
        try await loops.group.shutdownGracefully()
        try result.get()
    }

    /// Returns when each loop has run what was queued before, and so also what it was running.
    func turnOfLoops() async {
        for outlet in loops.outlets {
            await withCheckedContinuation { turn in outlet.execute { turn.resume() } }
        }
    }

    /// A connected socket that has said nothing.
    func connect(
        receiveBufferBytes: Int? = nil, configure: @escaping @Sendable (any Channel) throws -> Void = { _ in }
    ) async throws -> ScriptedClient {
        let client = try await ScriptedClient.connect(
            port: port, receiveBufferBytes: receiveBufferBytes, configure: configure)
        clients.all.withLock { $0.append(client) }
        return client
    }

    /// A socket that has been upgraded.
    func open(
        _ target: String = "/", headers: [String] = [], receiveBufferBytes: Int? = nil,
        configure: @escaping @Sendable (any Channel) throws -> Void = { _ in }
    ) async throws -> ScriptedClient {
        let client = try await connect(receiveBufferBytes: receiveBufferBytes, configure: configure)
        try await client.send(Self.request(target, headers: headers))
        let head = await client.responseHead()
        guard head.hasPrefix("HTTP/1.1 101 ") else { throw Refused(head: head) }
        return client
    }

    /// A client that is logged in and has read its welcome.
    func login(_ key: String, _ query: String = "") async throws -> ScriptedClient {
        let client = try await open("/?session_key=\(key)\(query)")
        let welcome = await client.frame()
        guard let welcome, welcome.text.hasPrefix(#"{"authenticated":true"#) else {
            throw Refused(head: welcome?.text ?? "")
        }
        return client
    }

    struct Refused: Error {
        let head: String
    }

    static func request(
        _ target: String = "/", method: String = "GET", without: String = "", headers: [String] = []
    ) -> [UInt8] {
        let standard = [
            "Host: chat.example:56412", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
        ].filter { without.isEmpty || !$0.hasPrefix(without) }
        return Array("\(method) \(target) HTTP/1.1\r\n\((standard + headers).joined(separator: "\r\n"))\r\n\r\n".utf8)
    }
}

extension ScriptedClient {
    /// Sends frames in one write.
    func send(_ frames: Frame...) async throws { try await send(frames.flatMap(\.bytes)) }

    /// Says something in the room.
    func say(_ text: String) async throws { try await send(Frame.text(#"{"message":"\#(text)"}"#)) }
}
