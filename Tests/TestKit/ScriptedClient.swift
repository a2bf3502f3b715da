package import NIOCore
internal import NIOPosix
internal import Synchronization

/// A frame that a server sent.
package struct ServerFrame: Sendable, Equatable {
    /// The first byte: 0x81 is a whole text frame.
    package var first: UInt8
    /// The payload.
    package var payload: [UInt8]

    /// A frame to compare with.
    package init(first: UInt8, payload: [UInt8]) {
        self.first = first
        self.payload = payload
    }

    /// The payload as text.
    package var text: String { String(decoding: payload, as: UTF8.self) }
    /// The code of a close frame; nil for others.
    package var closeCode: Int? {
        first == 0x88 && payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil
    }
    /// The reason of a close frame.
    package var closeReason: String { String(decoding: payload.dropFirst(2), as: UTF8.self) }
    /// The number of a message frame; nil for others.
    package var seq: Int64? {
        guard first == 0x81, text.hasPrefix(#"{"seq":"#) else { return nil }
        return Int64(text.dropFirst(7).prefix { $0 != "," })
    }
}

/// A client that sends given bytes and reads the server's answers, step by step.
package actor ScriptedClient {
    private let channel: any Channel
    private let inbox: Inbox
    private var bytes: [UInt8] = []

    private init(_ channel: any Channel, _ inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    /// Connects to a port of this machine.
    ///
    /// - Parameters:
    ///   - source: the client's address on this machine; nil for any.
    ///   - receiveBufferBytes: the size of the kernel's receive buffer; nil for its default.
    ///   - configure: prepares the pipeline (for example TLS) before anything is read.
    package static func connect(
        port: Int, from source: String? = nil, receiveBufferBytes: Int? = nil,
        configure: @escaping @Sendable (any Channel) throws -> Void = { _ in }
    ) async throws -> ScriptedClient {
        let inbox = Inbox()
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try configure(channel)
                    try channel.pipeline.syncOperations.addHandler(InboxHandler(inbox))
                }
            }
        if let source { bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: source, port: 0)) }
        if let receiveBufferBytes {
            bootstrap = bootstrap.channelOption(
                .socketOption(.so_rcvbuf), value: SocketOptionValue(receiveBufferBytes))
        }
        return ScriptedClient(try await bootstrap.connect(host: "127.0.0.1", port: port).get(), inbox)
    }

    /// Sends bytes; returns when the kernel has taken them.
    package func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// Sends bytes without waiting for the kernel to take them.
    package nonisolated func queue(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

    /// Stops or starts reading from the socket.
    package func reading(_ isReading: Bool) async throws {
        try await channel.setOption(.autoRead, value: isReading).get()
    }

    /// Closes the socket.
    package func close() async { try? await channel.close() }

    /// Reads the head of an HTTP response, including the empty line.
    package func responseHead() async -> String {
        while true {
            let end = bytes.indices.first { index in bytes[index...].starts(with: [13, 10, 13, 10]) }
            if let end {
                defer { bytes.removeFirst(end + 4) }
                return String(decoding: bytes[..<(end + 4)], as: UTF8.self)
            }
            guard await more() else { return "" }
        }
    }

    /// Reads until the server closes the socket.
    package func rest() async -> [UInt8] {
        while await more() {}
        defer { bytes = [] }
        return bytes
    }

    /// Reads the next frame; nil if the server has closed the socket.
    package func frame() async -> ServerFrame? {
        while true {
            if let frame = nextFrame() { return frame }
            guard await more() else { return nil }
        }
    }

    private func nextFrame() -> ServerFrame? {
        guard bytes.count >= 2 else { return nil }
        let extended = bytes[1] == 126 ? 2 : bytes[1] == 127 ? 8 : 0
        guard bytes.count >= 2 + extended else { return nil }
        let length = extended == 0 ? Int(bytes[1]) : bytes[2..<2 + extended].reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count >= 2 + extended + length else { return nil }
        defer { bytes.removeFirst(2 + extended + length) }
        return ServerFrame(first: bytes[0], payload: Array(bytes[(2 + extended)..<(2 + extended + length)]))
    }

    private func more() async -> Bool {
        guard let new = await inbox.take() else { return false }
        bytes += new
        return true
    }
}

/// The bytes that have been received and not read yet.
private final class Inbox: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isClosed = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func put(_ bytes: [UInt8], isClosed: Bool = false) {
        let waiting = state.withLock { state in
            state.bytes += bytes
            state.isClosed = state.isClosed || isClosed
            return state.waiting.take()
        }
        waiting?.resume()
    }

    func take() async -> [UInt8]? {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isReady = state.withLock { state in
                if !state.bytes.isEmpty || state.isClosed { return true }
                state.waiting = continuation
                return false
            }
            if isReady { continuation.resume() }
        }
        return state.withLock { state in
            guard !state.bytes.isEmpty else { return nil }
            defer { state.bytes = [] }
            return state.bytes
        }
    }
}

private final class InboxHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: Inbox

    init(_ inbox: Inbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        inbox.put(Array(unwrapInboundIn(data).readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) { inbox.put([], isClosed: true) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
