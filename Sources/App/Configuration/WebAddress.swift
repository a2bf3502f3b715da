internal import Net

/// Checks of the addresses that a configuration may hold.
enum WebAddress {
    /// True for `ws://HOST…` and `wss://HOST…` without spaces.
    static func isWebSocketURL(_ text: String) -> Bool {
        for scheme in ["ws://", "wss://"] where text.hasPrefix(scheme) {
            guard let first = text.dropFirst(scheme.count).first else { return false }
            return first != "/" && first != ":" && !text.contains { $0.isWhitespace }
        }
        return false
    }

    /// True for `http(s)://host` or `http(s)://host:port` in lower case, as browsers send it in `Origin`.
    static func isOrigin(_ text: String) -> Bool {
        for scheme in ["http://", "https://"] where text.hasPrefix(scheme) {
            guard let authority = Authority(text.dropFirst(scheme.count)), authority.port != 0, text.last != ":"
            else { return false }
            return authority.host.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789.-_:".utf8.contains($0) }
        }
        return false
    }
}
