package import NIOHTTP1

/// A request head, parsed as far as routes need it.
package struct HTTPRequest: Sendable {
    /// Why a head cannot be answered by a route.
    enum Fault: Error {
        /// Not valid HTTP by RFC 9112: 400.
        case malformed
        /// It announces a body, which no route accepts: 413.
        case body
    }

    /// The method as sent.
    package var method: HTTPMethod

    /// The path as sent: without the query, percent-encoding untouched, so that a route matches one spelling only.
    ///
    /// The query is not kept: that of `/chat` may contain a session key, which only the page's script may read.
    package var path: String

    /// The `Host` field: a name or address with an optional port; nil only for HTTP/1.0.
    package var host: String?

    /// The header fields.
    package var headers: HTTPHeaders

    /// Parses a request head.
    init(_ head: HTTPRequestHead) throws(Fault) {
        let hosts = head.headers["host"]
        guard hosts.count <= 1, hosts.allSatisfy(Self.isHost) else { throw .malformed }
        guard head.version.major == 1, head.version.minor == 0 || hosts.count == 1 else { throw .malformed }
        let lengths = head.headers["content-length"]
        guard lengths.allSatisfy({ $0 == "0" }), !head.headers.contains(name: "transfer-encoding") else { throw .body }
        guard let path = Self.path(of: head.uri) else { throw .malformed }
        self.method = head.method
        self.path = path
        self.host = hosts.first
        self.headers = head.headers
    }

    /// The path of a request target in origin form (`/chat?x`) or absolute form (`http://host/chat?x`, RFC 9112 3.2.2).
    private static func path(of target: String) -> String? {
        var rest = target[...]
        for scheme in ["http://", "https://"] where rest.hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count).drop { $0 != "/" }
        }
        guard rest.first == "/" else { return nil }
        return String(rest.prefix { $0 != "?" })
    }

    /// Whether a `Host` value is safe to repeat in a header or in markup.
    private static func isHost(_ value: String) -> Bool {
        !value.isEmpty
            && value.utf8.count <= 255
            && value.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "["),
                    UInt8(ascii: "]"):
                    true
                default: false
                }
            }
    }
}
