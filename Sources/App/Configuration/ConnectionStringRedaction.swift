/// Makes a libpq connection string safe for a log.
///
/// It shows only what is known to be harmless and omits the rest: a secret in an unusual place (an unescaped `@` in a
/// password, an escaped parameter name) must not get into the log. It works on bytes, as libpq does.
enum ConnectionStringRedaction {
    private static let shown: Set<String> = [
        "host", "hostaddr", "port", "dbname", "user", "sslmode", "target_session_attrs", "connect_timeout",
    ]

    /// The harmless part of a URI or of a `keyword=value` string.
    static func redact(_ text: String) -> String {
        for scheme in ["postgresql://", "postgres://"] where text.utf8.starts(with: scheme.utf8) {
            return scheme + redactURI(Substring(text.utf8.dropFirst(scheme.utf8.count)))
        }
        return redactKeywords(text)
    }

    private static func redactURI(_ rest: Substring) -> String {
        var shownText = ""
        var tail = rest.utf8
        // The last "@": everything before it may be part of a password.
        if let at = tail.lastIndex(of: UInt8(ascii: "@")) {
            let before = tail[..<at]
            let user = before.prefix { !":/?@".utf8.contains($0) }
            // After a "?", the "@" may be in the middle of a password.
            guard !before.contains(UInt8(ascii: "?")) else { return "\(Substring(user)):***" }
            shownText = user.endIndex == at ? "\(Substring(user))@" : "\(Substring(user)):***@"
            tail = tail[tail.index(after: at)...]
        }
        let parts = tail.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        shownText += parts.first.map { String(Substring($0)) } ?? ""
        let query = parts.dropFirst().first ?? "".utf8[...]
        let kept = query.split(separator: UInt8(ascii: "&")).map(Substring.init).filter { pair in
            shown.contains(String(Substring(pair.utf8.prefix { $0 != UInt8(ascii: "=") })))
        }
        return kept.isEmpty ? shownText : shownText + "?" + kept.joined(separator: "&")
    }

    private static func redactKeywords(_ text: String) -> String {
        var kept: [String] = []
        var rest = text.utf8[...]
        while true {
            rest = rest.drop(while: isSpace)
            let keyword = rest.prefix { $0 != UInt8(ascii: "=") && !isSpace($0) }
            rest = rest[keyword.endIndex...].drop(while: isSpace)
            guard !keyword.isEmpty, rest.popFirst() == UInt8(ascii: "=") else { break }
            rest = rest.drop(while: isSpace)
            let value = takeValue(&rest)
            let name = String(Substring(keyword))
            if shown.contains(name) { kept.append("\(name)=\(value)") }
        }
        return kept.isEmpty ? "a connection string" : kept.joined(separator: " ")
    }

    /// What libpq treats as a space, in the C locale.
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// Takes one value, quoted or not, as libpq reads it.
    private static func takeValue(_ rest: inout Substring.UTF8View) -> String {
        var value: [UInt8] = []
        let quoted = rest.first == UInt8(ascii: "'")
        if quoted { rest.removeFirst() }
        while let byte = rest.popFirst() {
            if quoted ? byte == UInt8(ascii: "'") : isSpace(byte) { break }
            value.append(byte == UInt8(ascii: "\\") ? rest.popFirst() ?? byte : byte)
        }
        return String(decoding: value, as: UTF8.self)
    }
}
