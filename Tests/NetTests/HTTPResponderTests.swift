import NIOCore
import NIOEmbedded
import Testing

@testable import Net

/// What one connection does with requests, good and bad.
@Suite struct HTTPResponderTests {
    private func fixture(_ limits: HTTPLimits = HTTPLimits()) throws -> HTTPFixture {
        var routes = HTTPRoutes()
        routes.get("/a") { _ in .text("A") }
        routes.get("/b") { _ in .text("B") }
        return try HTTPFixture(routes, limits: limits)
    }

    @Test func getIsAnsweredWithTheBodyAndItsLength() throws {
        let reply = try fixture().get("/a?session_key=1")
        #expect(reply.hasPrefix("HTTP/1.1 200 OK\n"))
        #expect(reply.contains("Content-Length: 1\n"))
        #expect(reply.hasSuffix("\n\nA"))
    }

    @Test func headIsGetWithoutTheBody() throws {
        let http = try fixture()
        try http.send("HEAD /a HTTP/1.1\nHost: x\n\n")
        let reply = try http.received()
        #expect(reply.hasPrefix("HTTP/1.1 200 OK\n"))
        #expect(reply.contains("Content-Length: 1\n"))
        #expect(reply.hasSuffix("\n\n"))
    }

    @Test(arguments: ["Content-Length: 3", "Host: y"])
    func refusalOfAHeadHasNoBody(_ field: String) throws {
        let http = try fixture()
        try http.send("HEAD /a HTTP/1.1\nHost: x\n\(field)\n\nabc")
        let reply = try http.received()
        #expect(reply.hasPrefix("HTTP/1.1 4"))
        #expect(reply.hasSuffix("\n\n"))
        #expect(reply.ranges(of: "\n\n").count == 1)
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
    func otherMethodsAreToldWhatIsAllowed(_ method: String) throws {
        let http = try fixture()
        try http.send("\(method) /a HTTP/1.1\nHost: x\nContent-Length: 0\n\n")
        let reply = try http.received()
        #expect(reply.hasPrefix("HTTP/1.1 405 "))
        #expect(reply.contains("Allow: GET, HEAD\n"))
    }

    @Test(arguments: [
        "/c", "/a/", "//a", "/../a", "/%61", "/..%2f..%2fetc/passwd", "/a/../../etc/passwd", "/a%00", "/A", "/a;x",
    ])
    func onlyTheExactPathIsServed(_ path: String) throws {
        #expect(try fixture().get(path).hasPrefix("HTTP/1.1 404 "))
    }

    @Test func absoluteFormIsServed() throws {
        #expect(try fixture().get("http://chat.example:56411/a?x").hasSuffix("\n\nA"))
    }

    @Test func connectionIsKeptAndServesTheNextRequest() throws {
        let http = try fixture()
        #expect(try http.get("/a").hasSuffix("\n\nA"))
        #expect(try http.get("/b").hasSuffix("\n\nB"))
        #expect(http.channel.isActive)
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() throws {
        let http = try fixture()
        try http.send("GET /a HTTP/1.1\nHost: x\n\nGET /b HTTP/1.1\nHost: x\n\nGET /c HTTP/1.1\nHost: x\n\n")
        let replies = try http.received().split(separator: "HTTP/1.1 ")
        #expect(replies.count == 3)
        #expect(replies[0].hasSuffix("\n\nA"))
        #expect(replies[1].hasSuffix("\n\nB"))
        #expect(replies[2].hasPrefix("404 "))
    }

    @Test func askedToCloseItCloses() throws {
        let http = try fixture()
        let reply = try http.get("/a", "Connection: close\n")
        #expect(reply.contains("Connection: close\n"))
        #expect(!http.channel.isActive)
    }

    @Test func olderClientIsClosedUnlessItAsksToStay() throws {
        let closed = try fixture()
        try closed.send("GET /a HTTP/1.0\n\n")
        #expect(try closed.received().hasSuffix("\n\nA"))
        #expect(!closed.channel.isActive)

        let kept = try fixture()
        try kept.send("GET /a HTTP/1.0\nConnection: keep-alive\n\n")
        #expect(try kept.received().contains("Connection: keep-alive\n"))
        #expect(kept.channel.isActive)
    }

    @Test(arguments: [
        "GET /a HTTP/1.1\n\n",
        "GET /a HTTP/1.1\nHost: a\nHost: b\n\n",
        "GET /a HTTP/1.1\nHost: \"><script>\n\n",
        "GET /a HTTP/1.1\nHost: a b\n\n",
        "GET a HTTP/1.1\nHost: a\n\n",
        "GET /a HTTP/1.1\nHost : a\n\n",
        "nonsense\n\n",
    ])
    func malformedRequestIsRefusedAndTheConnectionEnds(_ request: String) throws {
        let http = try fixture()
        try http.send(request)
        let reply = try http.received()
        #expect(reply.hasPrefix("HTTP/1.1 400 "))
        #expect(reply.contains("Connection: close\n"))
        #expect(!http.channel.isActive)
    }

    @Test(arguments: ["Content-Length: 5\n\nhello", "Transfer-Encoding: chunked\n\n5\nhello\n0\n\n"])
    func bodyIsRefusedAndNothingAfterItIsTakenForARequest(_ rest: String) throws {
        let http = try fixture()
        try http.send("POST /a HTTP/1.1\nHost: x\n\(rest)GET /b HTTP/1.1\nHost: x\n\n")
        let reply = try http.received()
        #expect(reply.hasPrefix("HTTP/1.1 413 "))
        #expect(!reply.contains("\n\nB"))
        #expect(!http.channel.isActive)
    }

    @Test func requestToUpgradeIsTheLastOfItsConnection() throws {
        let http = try fixture()
        let reply = try http.get("/a", "Connection: Upgrade\nUpgrade: websocket\n")
        #expect(reply.contains("Connection: close\n"))
        #expect(!http.channel.isActive)
    }

    @Test func headersBeyondTheirLimitsAreRefused() throws {
        let limits = HTTPLimits()
        let long = "X: " + String(repeating: "a", count: limits.head.fieldBytesMax + 1) + "\n"
        let many = String(repeating: "X: a\n", count: limits.head.fieldsMax)
        let large = String(repeating: "X: " + String(repeating: "a", count: 1000) + "\n", count: 20)
        for fields in [long, many, large] {
            let http = try fixture()
            let reply = try http.get("/a", fields)
            #expect(reply.hasPrefix("HTTP/1.1 431 "))
            #expect(!http.channel.isActive)
        }
        let target = "/a?" + String(repeating: "a", count: limits.head.fieldBytesMax)
        #expect(try fixture().get(target).hasPrefix("HTTP/1.1 431 "))
    }
}
