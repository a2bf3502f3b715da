import NIOCore
import NIOEmbedded

@testable import Net

/// One HTTP connection on an embedded channel: bytes in, bytes out, and a clock that the test turns.
struct HTTPFixture {
    let channel = EmbeddedChannel()
    let pipeline: HTTPPipeline

    init(
        _ routes: HTTPRoutes, limits: HTTPLimits = HTTPLimits(), strictTransport: StrictTransport? = nil
    ) throws {
        pipeline = HTTPPipeline(routes: routes, limits: limits, strictTransport: strictTransport)
        try pipeline.configure(channel)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/test")).wait()
    }

    /// The chat page's routes, with the WebSocket server on port 56412 of the same host.
    static func page() throws -> HTTPFixture {
        try HTTPFixture(PageRoutes(webSocket: .sameHost(port: 56412, tls: false)).routes)
    }

    func send(_ text: String) throws {
        do {
            try channel.writeInbound(ByteBuffer(string: text.replacing("\n", with: "\r\n")))
        } catch ChannelError.ioOnClosedChannel {
            // What a client sends to a closed socket is lost.
        }
    }

    /// Everything that was sent back since the last call.
    func received() throws -> String {
        var text = ""
        while let part = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: part) }
        return text.replacing("\r\n", with: "\n")
    }

    /// Sends a GET and returns the response.
    func get(_ target: String, _ fields: String = "") throws -> String {
        try send("GET \(target) HTTP/1.1\nHost: chat.example:56411\n\(fields)\n")
        return try received()
    }
}
