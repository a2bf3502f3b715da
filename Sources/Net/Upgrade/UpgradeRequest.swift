internal import NIOHTTP1
package import Rooms

/// The parameters of a client's upgrade request.
package struct UpgradeRequest: Equatable {
    /// From the query, an own-site cookie or the Authorization header; nil if the client sends it in the first frame.
    var sessionKey: String?
    /// Where in the room to start.
    var join: JoinRequest
    /// The events besides messages that the client requests.
    var events: EventKinds = []
    /// The negotiated compression; nil for none.
    var compression: Compression?
}

/// Why a request is not upgraded.
enum UpgradeRefusal: Error, Equatable {
    /// 400: the request is malformed.
    case malformed(String)
    /// 403: a page of that origin may not connect.
    case foreignOrigin
    /// 405: only GET upgrades.
    case method
    /// 426: a plain HTTP request, or a WebSocket version other than 13.
    case upgradeRequired
}

extension UpgradeRequest {
    /// A request without compression.
    package init(sessionKey: String?, join: JoinRequest, events: EventKinds) {
        self.init(sessionKey: sessionKey, join: join, events: events, compression: nil)
    }

    /// Reads a request head (RFC 6455 section 4.2.1).
    ///
    /// - Parameter allowedOrigins: origins whose pages may connect besides those of the same host; nil for any. The
    ///   cookie counts only for a page of the same host or of a listed origin, so that no foreign page can use it
    ///   (cross-site WebSocket hijacking).
    init(
        _ head: HTTPRequestHead, allowedOrigins: [String]?, compression: Compression.Policy = .off
    ) throws(UpgradeRefusal) {
        guard head.method == .GET else { throw .method }
        guard head.headers[canonicalForm: "upgrade"].contains(where: { $0.lowercased() == "websocket" }) else {
            throw .upgradeRequired
        }
        guard head.version == .http1_1,
            head.headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "upgrade" })
        else { throw .malformed("Connection: Upgrade is missing") }
        guard head.headers["sec-websocket-version"] == ["13"] else { throw .upgradeRequired }
        guard let key = head.headers["sec-websocket-key"].first, head.headers["sec-websocket-key"].count == 1,
            Self.isKey(key)
        else { throw .malformed("Sec-WebSocket-Key is missing or no 16 bytes in base64") }
        guard head.headers["host"].count == 1 else { throw .malformed("Host is missing or doubled") }
        guard !head.headers.contains(name: "transfer-encoding"),
            head.headers["content-length"].allSatisfy({ $0 == "0" })
        else { throw .malformed("an upgrade has no body") }

        let query = try QueryString(uri: head.uri)
        let isOwnPage = try Self.checkOrigin(head.headers, allowedOrigins: allowedOrigins)
        self.join = try Self.join(query)
        self.events = try query["events"].map(EventKinds.init(list:)) ?? []
        self.compression = Compression(
            try ExtensionOffer.list(head.headers["sec-websocket-extensions"]), policy: compression)
        self.sessionKey =
            query["session_key"] ?? (isOwnPage ? Self.cookie(head.headers) : nil) ?? Self.bearer(head.headers)
    }

    /// 22 base64 characters, the last of which has four zero bits, and `==`: 16 bytes.
    private static func isKey(_ key: String) -> Bool {
        let bytes = Array(key.utf8)
        guard bytes.count == 24, bytes[22] == UInt8(ascii: "="), bytes[23] == UInt8(ascii: "=") else { return false }
        guard [UInt8]("AQgw".utf8).contains(bytes[21]) else { return false }
        return bytes[..<22].allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
    }

    /// Whether the page is of the same host or of a listed origin.
    private static func checkOrigin(
        _ headers: HTTPHeaders, allowedOrigins: [String]?
    ) throws(UpgradeRefusal) -> Bool {
        let origins = headers["origin"]
        guard let origin = origins.first else { return true }
        guard origins.count == 1 else { throw .foreignOrigin }
        if let allowedOrigins, allowedOrigins.contains(origin) { return true }
        if let page = hostName(ofOrigin: origin), page == hostName(headers["host"].first ?? "") { return true }
        guard allowedOrigins == nil else { throw .foreignOrigin }
        return false
    }

    private static func hostName(ofOrigin origin: String) -> String? {
        for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) {
            return hostName(String(origin.dropFirst(scheme.count)))
        }
        return nil
    }

    /// The host without its port, because pages and sockets of one site can have different ports.
    private static func hostName(_ authority: String) -> String? { Authority(authority)?.host.lowercased() }

    private static func cookie(_ headers: HTTPHeaders) -> String? {
        for pair in headers[canonicalForm: "cookie"].flatMap({ $0.split(separator: ";") }) {
            let pair = pair.drop { $0 == " " }
            if pair.hasPrefix("session_key=") {
                return QueryString.percentDecoded(pair.dropFirst("session_key=".count), plusIsSpace: false)
            }
        }
        return nil
    }

    private static func bearer(_ headers: HTTPHeaders) -> String? {
        guard let value = headers["authorization"].first, value.lowercased().hasPrefix("bearer ") else { return nil }
        return String(value.dropFirst("bearer ".count))
    }

    private static func join(_ query: QueryString) throws(UpgradeRefusal) -> JoinRequest {
        if let after = query["after"] {
            guard let after = Int64(after), after >= 0 else {
                throw .malformed("after must be a message number, 0 or more")
            }
            return .resume(after: after, epoch: query["epoch"])
        }
        guard query["epoch"] == nil else { throw .malformed("epoch goes with after") }
        guard let history = query["history"] else { return .history(nil) }
        guard let count = Int(history), count >= 0 else {
            throw .malformed("history must be a number of messages, 0 or more")
        }
        return .history(count)
    }
}
