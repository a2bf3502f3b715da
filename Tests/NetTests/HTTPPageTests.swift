import Testing

@testable import Net

/// The page and its files as a browser gets them.
@Suite struct HTTPPageTests {
    private func field(_ name: String, of reply: String) -> String? {
        let head = reply.prefix(upTo: reply.firstRange(of: "\n\n")?.lowerBound ?? reply.endIndex)
        return head.split(separator: "\n").first { $0.hasPrefix(name + ": ") }.map {
            String($0.dropFirst(name.count + 2))
        }
    }

    @Test func pageHasStrictHeadersAndNoKey() throws {
        let reply = try HTTPFixture.page().get("/chat?session_key=top-secret")
        #expect(reply.hasPrefix("HTTP/1.1 200 "))
        #expect(!reply.contains("top-secret"))
        #expect(field("Content-Type", of: reply) == "text/html; charset=utf-8")
        #expect(field("Cache-Control", of: reply) == "no-store")
        #expect(field("Referrer-Policy", of: reply) == "no-referrer")
        #expect(field("X-Content-Type-Options", of: reply) == "nosniff")
        #expect(
            field("Content-Security-Policy", of: reply)
                == "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                + "connect-src ws://chat.example:56412; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
        #expect(reply.contains(#"<meta name="chat-ws-url" content="ws://chat.example:56412/">"#))
    }

    @Test func pageHasNoInlineScriptOrStyle() throws {
        let reply = try HTTPFixture.page().get("/chat")
        #expect(!reply.contains("<style"))
        #expect(!reply.contains("style="))
        #expect(!reply.contains("onclick"))
        #expect(reply.ranges(of: "<script").count == 1)
        #expect(reply.contains(#"<script type="module" src="/chat.js"></script>"#))
    }

    @Test(arguments: [
        ("chat.example", "ws://chat.example:56412/"), ("192.0.2.1:80", "ws://192.0.2.1:56412/"),
        ("[2001:db8::1]:80", "ws://[2001:db8::1]:56412/"),
    ])
    func webSocketIsOnTheHostOfThePage(_ host: String, _ url: String) throws {
        #expect(WebSocketAddress.sameHost(port: 56412, tls: false).url(host: host) == url)
        let secure = WebSocketAddress.sameHost(port: 56412, tls: true).url(host: host)
        #expect(secure == url.replacing("ws://", with: "wss://"))
    }

    @Test(arguments: ["2001:db8::1", ":80", "[::1", "a]b"])
    func hostThatNamesNoServerIsRefused(_ host: String) throws {
        #expect(WebSocketAddress.sameHost(port: 56412, tls: false).url(host: host) == nil)
        let http = try HTTPFixture.page()
        try http.send("GET /chat HTTP/1.1\nHost: \(host)\n\n")
        #expect(try http.received().hasPrefix("HTTP/1.1 400 "))
    }

    @Test func configuredAddressIsEscapedAndNarrowedToItsOrigin() throws {
        let address = WebSocketAddress.url(#"wss://chat.example/socket?a=1&b="x""#)
        let reply = try HTTPFixture(PageRoutes(webSocket: address).routes).get("/chat")
        #expect(reply.contains(#"content="wss://chat.example/socket?a=1&amp;b=&quot;x&quot;""#))
        #expect(field("Content-Security-Policy", of: reply)?.contains("connect-src wss://chat.example;") == true)
    }

    @Test(arguments: [
        "http://chat.example/", "wss://", "wss://a; script-src *", "nonsense", "wss://a;\u{301}x", "wss://a\nb",
        "wss://a\u{0}",
    ])
    func addressThatIsNoWebSocketHasNoOrigin(_ url: String) {
        #expect(WebSocketAddress.origin(of: url) == nil)
    }

    @Test(arguments: [
        ("/chat.css", "text/css; charset=utf-8"), ("/chat.js", "text/javascript; charset=utf-8"),
        ("/chat-log.js", "text/javascript; charset=utf-8"), ("/favicon.svg", "image/svg+xml"),
        ("/favicon.ico", "image/svg+xml"),
    ])
    func assetsAreForThisOriginAndRevalidated(_ path: String, _ type: String) throws {
        let http = try HTTPFixture.page()
        let reply = try http.get(path)
        #expect(reply.hasPrefix("HTTP/1.1 200 "))
        #expect(field("Content-Type", of: reply) == type)
        #expect(field("Cache-Control", of: reply) == "no-cache")
        #expect(field("X-Content-Type-Options", of: reply) == "nosniff")
        #expect(field("Cross-Origin-Resource-Policy", of: reply) == "same-origin")
        #expect(field("Access-Control-Allow-Origin", of: reply) == nil)
        let tag = try #require(field("ETag", of: reply))
        for known in [tag, "W/" + tag, "\"other\", " + tag] {
            let again = try http.get(path, "If-None-Match: \(known)\n")
            #expect(again.hasPrefix("HTTP/1.1 304 "))
            #expect(field("ETag", of: again) == tag)
            #expect(again.hasSuffix("\n\n"))
        }
        #expect(try http.get(path, "If-None-Match: \"other\"\n").hasPrefix("HTTP/1.1 200 "))
    }

    @Test func clientModuleAndAllThatItImportsMayBeImportedFromAnywhere() throws {
        var paths = ["/chat-client.js"]
        var index = 0
        while index < paths.count {
            let reply = try HTTPFixture.page().get(paths[index], "Origin: https://elsewhere.example\n")
            #expect(reply.hasPrefix("HTTP/1.1 200 "), "\(paths[index])")
            #expect(field("Access-Control-Allow-Origin", of: reply) == "*", "\(paths[index])")
            #expect(field("Cross-Origin-Resource-Policy", of: reply) == "cross-origin")
            for match in reply.matches(of: /\nimport .* from "\.(\/[a-z-]+\.js)"/)
            where !paths.contains(String(match.1)) {
                paths.append(String(match.1))
            }
            index += 1
        }
        #expect(paths.count > 5)
    }

    @Test func pageAsksForEachModuleAtOnce() throws {
        let page = try HTTPFixture.page().get("/chat")
        let named = page.matches(of: /"(\/[a-z-]+\.js)"/).map { String($0.1) }
        #expect(named.contains("/chat.js"))
        for path in named {
            let reply = try HTTPFixture.page().get(path)
            #expect(reply.hasPrefix("HTTP/1.1 200 "), "\(path)")
            for match in reply.matches(of: /\nimport .* from "\.(\/[a-z-]+\.js)"/) {
                #expect(named.contains(String(match.1)), "imported by \(path)")
            }
        }
    }

    @Test func rootLeadsToThePage() throws {
        let reply = try HTTPFixture.page().get("/")
        #expect(reply.hasPrefix("HTTP/1.1 302 "))
        #expect(field("Location", of: reply) == "/chat")
    }
}
