internal import Net

/// The parsed address of a server; the session key in it is a secret.
package struct LoadTarget: Sendable, Equatable {
    /// The position of a connection in its room.
    struct Cursor: Sendable, Equatable {
        /// The newest message that it has received.
        var seq: Int64
        /// The identity of the log that `seq` belongs to.
        var epoch: String
    }

    /// True for wss.
    let isEncrypted: Bool
    /// A name or an address, without the brackets of IPv6.
    let host: String
    let port: Int
    /// The `Host` header.
    let authority: String
    /// Begins with `/`.
    private let path: String
    /// The query as the operator gave it.
    private let parameters: [String]

    /// Parses a ws:// or wss:// address; returns nil if it is not one.
    package init?(_ url: String) {
        let scheme = url.hasPrefix("wss://") ? "wss://" : "ws://"
        guard url.hasPrefix(scheme), !url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else { return nil }
        let rest = url.dropFirst(scheme.count).prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard let address = Authority(authority), address.port != 0, !address.host.contains("@") else { return nil }
        isEncrypted = scheme == "wss://"
        host = String(address.host)
        port = address.port.map(Int.init) ?? (isEncrypted ? 443 : 80)
        self.authority = String(authority)
        let parts = rest[authority.endIndex...].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = String(parts.first ?? "")
        self.path = path.isEmpty ? "/" : path
        parameters = (parts.dropFirst().first ?? "").split(separator: "&").map(String.init)
    }

    /// True if a new connection asks for older messages.
    var asksForHistory: Bool { value(of: "history").map { $0 != "0" } ?? false }

    /// The request target of one connection: new, or resuming at its cursor.
    ///
    /// - Parameter connection: its number from 1; replaces `{n}`.
    func requestTarget(connection: Int, resumingAt cursor: Cursor?) -> String {
        var query = parameters.filter { !$0.hasPrefix("after=") && !$0.hasPrefix("epoch=") }
        if value(of: "history") == nil { query.append("history=0") }
        if let cursor {
            query.append("after=\(cursor.seq)")
            query.append("epoch=\(Self.percentEncoded(cursor.epoch))")
        } else {
            query += parameters.filter { $0.hasPrefix("after=") || $0.hasPrefix("epoch=") }
        }
        return (path + "?" + query.joined(separator: "&")).split(separator: "{n}", omittingEmptySubsequences: false)
            .joined(separator: String(connection))
    }

    private func value(of name: String) -> Substring? {
        parameters.first { $0.hasPrefix(name + "=") }?.dropFirst(name.count + 1)
    }

    private static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.map { byte -> String in
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || byte == 0x2D)
            return isPlain ? String(Character(scalar)) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }.joined()
    }
}
