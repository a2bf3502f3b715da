/// Where the page's script finds the WebSocket server.
package enum WebSocketAddress: Sendable {
    /// As configured (`html_server.ws_url`): behind a proxy the server cannot know its own address.
    case url(String)

    /// On the host of the page's request, at the `ws_server`'s own port.
    case sameHost(port: Int, tls: Bool)

    /// The URL for a page that was requested from `host` (a `Host` field: name or address, with or without a port).
    ///
    /// - Returns: nil if the host cannot be part of a URL.
    func url(host: String?) -> String? {
        switch self {
        case .url(let url): return url
        case .sameHost(let port, let tls):
            guard let host, let authority = Authority(host) else { return nil }
            let name = authority.host.contains(":") ? "[\(authority.host)]" : "\(authority.host)"
            return "\(tls ? "wss" : "ws")://\(name):\(port)/"
        }
    }

    /// The scheme, host and port of a URL, as in a `connect-src` source.
    static func origin(of url: String) -> String? {
        guard let scheme = ["ws://", "wss://"].first(where: url.hasPrefix) else { return nil }
        // By bytes: a separator with a combining mark is another character in Swift, but a separator in a browser.
        let authority = url.utf8.dropFirst(scheme.utf8.count).prefix { !"/?#".utf8.contains($0) }
        let isWord = authority.allSatisfy { $0 > 0x20 && $0 != 0x7F && !"\"'<>;,\\".utf8.contains($0) }
        guard !authority.isEmpty, isWord else { return nil }
        return scheme + String(Substring(authority))
    }
}
