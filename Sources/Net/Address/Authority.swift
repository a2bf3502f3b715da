/// A host with or without a port, as in a URL or a `Host` field (RFC 3986 section 3.2, without user information).
package struct Authority {
    /// A name or an address, never empty; an IPv6 address without its brackets.
    package let host: Substring
    /// Nil if the text has none, or an empty one.
    package let port: UInt16?

    /// Parses `chat.example`, `192.0.2.1:80` or `[2001:db8::1]:80`; nil for any other text. Characters are not checked.
    package init?(_ text: some StringProtocol) {
        let text = Substring(text)
        let end: Substring.Index
        if text.first == "[" {
            guard let bracket = text.firstIndex(of: "]") else { return nil }
            host = text[..<bracket].dropFirst()
            end = text.index(after: bracket)
        } else {
            end = text.firstIndex(of: ":") ?? text.endIndex
            host = text[..<end]
            guard !host.contains("]") else { return nil }
        }
        let rest = text[end...]
        let digits = rest.dropFirst()
        guard !host.isEmpty, rest.isEmpty || rest.first == ":", digits.allSatisfy({ $0.isASCII && $0.isNumber })
        else { return nil }
        port = UInt16(digits)
        guard port != nil || digits.isEmpty else { return nil }
    }
}
