package import NIOCore
package import NIOHTTP1

/// A complete response: small enough to be held in memory, so it always has a `Content-Length`.
package struct HTTPReply: Sendable {
    /// The status.
    package var status: HTTPResponseStatus

    /// The header fields, without those that the connection adds (`Content-Length`, `Connection`).
    package var headers: HTTPHeaders

    /// The body; left out on the wire for HEAD.
    package var body: ByteBuffer

    /// A response of any kind.
    package init(_ status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: ByteBuffer = ByteBuffer()) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A response of one text.
    package static func text(
        _ text: String, type: String = "text/plain; charset=utf-8", status: HTTPResponseStatus = .ok
    ) -> HTTPReply {
        let headers: HTTPHeaders = [
            "Content-Type": type, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
        ]
        return HTTPReply(status, headers: headers, body: ByteBuffer(string: text))
    }

    /// A response of one JSON value.
    package static func json(_ json: String, status: HTTPResponseStatus = .ok) -> HTTPReply {
        .text(json + "\n", type: "application/json", status: status)
    }

    /// A response with only its status as text.
    static func bare(_ status: HTTPResponseStatus) -> HTTPReply {
        .text("\(status.code) \(status.reasonPhrase)\n", status: status)
    }
}
