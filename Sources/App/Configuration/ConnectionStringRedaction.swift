/// Makes a libpq connection string fit for a log.
///
/// It shows only what is known to be harmless and stays silent on the rest: a secret in an unusual place (an unescaped
/// `@` in a password, an escaped parameter name) must not slip through.
enum ConnectionStringRedaction {
    private static let shown: Set<String> = [
        "host", "hostaddr", "port", "dbname", "user", "sslmode", "target_session_attrs", "connect_timeout",
    ]

    /// The harmless part of a URI or of a `keyword=value` string.
    static func redact(_ text: String) -> String {
        for scheme in ["postgresql://", "postgres://"] where text.hasPrefix(scheme) {
            return scheme + redactURI(text.dropFirst(scheme.count))
        }
        return redactKeywords(text)
    }

    private static func redactURI(_ rest: Substring) -> String {
        var shownText = ""
        var tail = rest
        // The last "@" of all: whatever stands before it may be part of a password.
        if let at = rest.lastIndex(of: "@") {
            let user = rest[..<at].prefix { $0 != ":" && $0 != "/" && $0 != "?" && $0 != "@" }
            shownText = user.endIndex == at ? "\(user)@" : "\(user):***@"
            tail = rest[rest.index(after: at)...]
        }
        let parts = tail.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        shownText += parts.first ?? ""
        let query = parts.dropFirst().first ?? ""
        let kept = query.split(separator: "&").filter { pair in
            shown.contains(String(pair.prefix { $0 != "=" }))
        }
        return kept.isEmpty ? shownText : shownText + "?" + kept.joined(separator: "&")
    }

    private static func redactKeywords(_ text: String) -> String {
        var kept: [String] = []
        var rest = text[...]
        while true {
            rest = rest.drop { $0.isWhitespace }
            let keyword = rest.prefix { $0 != "=" && !$0.isWhitespace }
            rest = rest[keyword.endIndex...].drop { $0.isWhitespace }
            guard !keyword.isEmpty, rest.first == "=" else { break }
            rest = rest.dropFirst().drop { $0.isWhitespace }
            let value = takeValue(&rest)
            if shown.contains(String(keyword)) { kept.append("\(keyword)=\(value)") }
        }
        return kept.isEmpty ? "a connection string" : kept.joined(separator: " ")
    }

    /// Takes one value, quoted or not, as libpq reads it.
    private static func takeValue(_ rest: inout Substring) -> String {
        var value = ""
        let quoted = rest.first == "'"
        if quoted { rest = rest.dropFirst() }
        while let character = rest.first {
            rest = rest.dropFirst()
            if quoted ? character == "'" : character.isWhitespace { break }
            if character == "\\", let escaped = rest.first {
                rest = rest.dropFirst()
                value.append(escaped)
            } else {
                value.append(character)
            }
        }
        return value
    }
}
