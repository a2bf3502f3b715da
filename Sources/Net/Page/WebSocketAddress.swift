/// Where the page's script finds the WebSocket server.
public enum WebSocketAddress: Sendable {
    /// As configured (`html_server.ws_url`): behind a proxy the server cannot know its own address.
    case url(String)

    /// On the host by which the page was asked for, at the `ws_server`'s own port.
    case sameHost(port: Int, tls: Bool)

    /// The URL for a page that was asked for by `host` (a `Host` field: name or address, with or without a port).
    ///
    /// - Returns: nil when the host cannot be made part of a URL.
    func url(host: String?) -> String? {
        switch self {
        case .url(let url): return url
        case .sameHost(let port, let tls):
            guard let host, let name = Self.name(of: host) else { return nil }
            return "\(tls ? "wss" : "ws")://\(name):\(port)/"
        }
    }

    /// A host without its port: `chat.example:80`, `192.0.2.1`, `[2001:db8::1]:80`.
    private static func name(of host: String) -> String? {
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return nil }
            return String(host[...end])
        }
        let parts = host.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let name = parts.first, !name.isEmpty, !name.contains("]") else { return nil }
        return String(name)
    }

    /// The scheme, host and port of a URL: what a `connect-src` source names.
    static func origin(of url: String) -> String? {
        guard let scheme = ["ws://", "wss://"].first(where: url.hasPrefix) else { return nil }
        let authority = url.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        let forbidden = "\"'<>;, \t\r\n\\"
        guard !authority.isEmpty, !authority.contains(where: forbidden.contains) else { return nil }
        return scheme + authority
    }
}
