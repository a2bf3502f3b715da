internal import NIOCore
internal import Net
internal import TestKit
internal import Testing

/// What is refused before the upgrade, over real sockets.
@Suite struct RefusalTests {
    @Test(arguments: [
        (TestServer.request(without: "Upgrade"), "426 Upgrade Required"),
        (TestServer.request(without: "Sec-WebSocket-Version"), "426 Upgrade Required"),
        (TestServer.request(without: "Sec-WebSocket-Key"), "400 Bad Request"),
        (TestServer.request(without: "Host"), "400 Bad Request"),
        (TestServer.request("/?history=x"), "400 Bad Request"),
        (TestServer.request("/?session_key=a&session_key=b"), "400 Bad Request"),
        (TestServer.request(headers: ["Content-Length: 3"]) + Array("abc".utf8), "400 Bad Request"),
        (TestServer.request(headers: ["Origin: https://evil.example"]), "403 Forbidden"),
        (TestServer.request(method: "POST"), "405 Method Not Allowed"),
        // The decoder takes this for no upgrade and goes on with the next request.
        (
            TestServer.request(without: "Connection", headers: ["Connection: keep-aliv-alive, Upgrade\t"])
                + TestServer.request(), "400 Bad Request"
        ),
        (Array("nonsense\r\n\r\n".utf8), "400 Bad Request"),
        (TestServer.request(headers: ["X: " + String(repeating: "x", count: 20_000)]), "400 Bad Request"),
    ])
    func answersAndCloses(request: [UInt8], status: String) async throws {
        try await TestServer.run(allowedOrigins: ["https://shop.example"]) { server in
            let client = try await server.connect()
            try await client.send(request)
            let head = await client.responseHead()
            #expect(head.hasPrefix("HTTP/1.1 \(status)\r\n"))
            #expect(head.contains("Connection: close\r\n"))
            #expect(await !client.rest().isEmpty)
            #expect(server.chat.connectionCount == 0)
        }
    }

    /// RFC 9110 section 9.3.2.
    @Test func refusesAHeadWithoutABody() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            try await client.send(TestServer.request(method: "HEAD"))
            #expect(await client.responseHead().hasPrefix("HTTP/1.1 405 Method Not Allowed\r\n"))
            #expect(await client.rest().isEmpty)
        }
    }

    @Test func refusesOneTooManyAndTakesTheNextWhenOneIsGone() async throws {
        var limits = NetLimits.test
        limits.connectionsMax = 1
        try await TestServer.run(limits: limits) { server in
            let alice = try await server.login("alice")
            let bob = try await server.connect()
            try await bob.send(TestServer.request("/?session_key=bob"))
            #expect(await bob.responseHead().hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
            try await alice.send(.close(1000))
            _ = await alice.rest()
            while server.chat.connectionCount > 0 { await Task.yield() }
            _ = try await server.login("bob")
        }
    }

    @Test func letsPagesOfAListedOriginIn() async throws {
        try await TestServer.run(allowedOrigins: ["https://shop.example"]) { server in
            let alice = try await server.open(
                headers: ["Origin: https://shop.example", "Cookie: session_key=alice"])
            #expect(await alice.frame()?.text.contains(#""user":"Alice""#) == true)
        }
    }

    @Test func takesNoCookieFromAForeignPage() async throws {
        try await TestServer.run { server in
            let page = try await server.open(headers: ["Origin: https://evil.example", "Cookie: session_key=alice"])
            try await page.send(.text(#"{"session_key":"bob"}"#))
            #expect(await page.frame()?.text.contains(#""user":"Bob""#) == true)
        }
    }
}
