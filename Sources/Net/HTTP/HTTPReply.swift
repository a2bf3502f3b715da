public import NIOCore
public import NIOHTTP1

/// A complete response: small enough to be held in memory, so it always has a `Content-Length`.
public struct HTTPReply: Sendable {
    /// The status.
    public var status: HTTPResponseStatus

    /// The header fields, without those that the connection adds (`Content-Length`, `Connection`).
    public var headers: HTTPHeaders

    /// The body; left out on the wire for HEAD.
    public var body: ByteBuffer

    /// A response of any kind.
    public init(_ status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: ByteBuffer = ByteBuffer()) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A response of one text.
    public static func text(
        _ text: String, type: String = "text/plain; charset=utf-8", status: HTTPResponseStatus = .ok
    ) -> HTTPReply {
        let headers: HTTPHeaders = [
            "Content-Type": type, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
        ]
        return HTTPReply(status, headers: headers, body: ByteBuffer(string: text))
    }

    /// A response of one JSON value.
    public static func json(_ json: String, status: HTTPResponseStatus = .ok) -> HTTPReply {
        .text(json + "\n", type: "application/json", status: status)
    }

    /// A response with only its status as text.
    static func bare(_ status: HTTPResponseStatus) -> HTTPReply {
        .text("\(status.code) \(status.reasonPhrase)\n", status: status)
    }
}
