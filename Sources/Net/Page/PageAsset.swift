internal import NIOCore
internal import NIOHTTP1
internal import Rooms

/// One file of the page, held in memory and sent with an ETag, with which a browser revalidates its copy.
struct PageAsset: Sendable {
    /// Which pages may load it.
    enum Audience {
        /// Only pages of this server.
        case page
        /// Pages of any origin: the client module, which applications import.
        case anyone
    }

    private let body: ByteBuffer
    private let headers: HTTPHeaders
    private let tag: String

    init(_ bytes: [UInt8], type: String, for audience: Audience = .page) {
        body = ByteBuffer(bytes: bytes)
        tag = Self.tag(of: bytes)
        var headers: HTTPHeaders = [
            "Content-Type": type,
            // A browser revalidates each time and receives "not modified": page and scripts never come from two
            // versions.
            "Cache-Control": "no-cache",
            "ETag": tag,
            "X-Content-Type-Options": "nosniff",
        ]
        switch audience {
        case .page: headers.add(name: "Cross-Origin-Resource-Policy", value: "same-origin")
        case .anyone:
            headers.add(name: "Cross-Origin-Resource-Policy", value: "cross-origin")
            headers.add(name: "Access-Control-Allow-Origin", value: "*")
        }
        self.headers = headers
    }

    /// The file, or 304 if the request contains its tag.
    func reply(to request: HTTPRequest) -> HTTPReply {
        let known = request.headers[canonicalForm: "if-none-match"]
        if known.contains(where: { $0 == tag || $0 == "*" || $0.dropFirst(2) == tag }) {
            return HTTPReply(.notModified, headers: headers)
        }
        return HTTPReply(.ok, headers: headers, body: body)
    }

    /// Distinguishes the versions of one file.
    private static func tag(of bytes: [UInt8]) -> String { "\"" + String(FNV1a.hash(bytes), radix: 16) + "\"" }
}
