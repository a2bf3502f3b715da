internal import NIOHTTP1
internal import Rooms
internal import Testing

@testable internal import Net

@Suite struct UpgradeRequestTests {
    private func head(
        _ target: String = "/", method: HTTPMethod = .GET, version: HTTPVersion = .http1_1, without: [String] = [],
        adding extra: [(String, String)] = []
    ) -> HTTPRequestHead {
        var headers = HTTPHeaders([
            ("Host", "chat.example:56412"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13"),
        ])
        for name in without { headers.remove(name: name) }
        headers.add(contentsOf: HTTPHeaders(extra))
        return HTTPRequestHead(version: version, method: method, uri: target, headers: headers)
    }

    private func read(_ head: HTTPRequestHead, allowed: [String]? = nil) throws(UpgradeRefusal) -> UpgradeRequest {
        try UpgradeRequest(head, allowedOrigins: allowed)
    }

    private func refusal(_ head: HTTPRequestHead, allowed: [String]? = nil) -> String {
        do {
            _ = try read(head, allowed: allowed)
            return "none"
        } catch {
            return switch error {
            case .malformed: "malformed"
            case .foreignOrigin: "origin"
            case .method: "method"
            case .upgradeRequired: "upgrade"
            }
        }
    }

    @Test func refusesWhatIsNoUpgrade() {
        #expect(refusal(head(method: .POST)) == "method")
        #expect(refusal(head(method: .HEAD)) == "method")
        #expect(refusal(head(without: ["Upgrade"])) == "upgrade")
        #expect(refusal(head(without: ["Upgrade"], adding: [("Upgrade", "h2c")])) == "upgrade")
        #expect(refusal(head(without: ["Sec-WebSocket-Version"])) == "upgrade")
        #expect(
            refusal(head(without: ["Sec-WebSocket-Version"], adding: [("Sec-WebSocket-Version", "8")])) == "upgrade")
        #expect(refusal(head(adding: [("Sec-WebSocket-Version", "13")])) == "upgrade")
    }

    @Test func refusesMalformedUpgrades() {
        #expect(refusal(head(version: .http1_0)) == "malformed")
        #expect(refusal(head(without: ["Connection"])) == "malformed")
        #expect(refusal(head(without: ["Connection"], adding: [("Connection", "close")])) == "malformed")
        #expect(refusal(head(without: ["Host"])) == "malformed")
        #expect(refusal(head(adding: [("Host", "other")])) == "malformed")
        #expect(refusal(head(adding: [("Content-Length", "5")])) == "malformed")
        #expect(refusal(head(adding: [("Transfer-Encoding", "chunked")])) == "malformed")
        #expect(refusal(head(adding: [("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")])) == "malformed")
    }

    @Test(arguments: [
        "", "abc", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQAA", "dGhlIHNhbXBsZS-ub25jZQ==",
        "dGhlIHNhbXBsZSBub25jZQ== ",
    ])
    func refusesKeysThatAreNo16Bytes(key: String) {
        #expect(refusal(head(without: ["Sec-WebSocket-Key"], adding: [("Sec-WebSocket-Key", key)])) == "malformed")
    }

    @Test func readsHeadersInAnyCaseAndList() throws {
        let request = head(
            without: ["Upgrade", "Connection"],
            adding: [("upgrade", "h2c, WebSocket"), ("CONNECTION", "keep-alive, UPGRADE")])
        #expect(try read(request) == UpgradeRequest(sessionKey: nil, join: .history(nil)))
        #expect(try read(head(adding: [("Content-Length", "0")])).sessionKey == nil)
    }

    @Test func takesTheKeyFromQueryThenCookieThenBearer() throws {
        let cookie = ("Cookie", "x=1; session_key=c%20k; session_key=second")
        let bearer = ("Authorization", "bEaReR b")
        #expect(try read(head("/?session_key=q", adding: [cookie, bearer])).sessionKey == "q")
        #expect(try read(head(adding: [cookie, bearer])).sessionKey == "c k")
        #expect(try read(head(adding: [bearer])).sessionKey == "b")
        #expect(try read(head(adding: [("Authorization", "Basic b")])).sessionKey == nil)
        #expect(try read(head(adding: [("Cookie", "xsession_key=1;session_key")])).sessionKey == nil)
        #expect(try read(head(adding: [("Cookie", "session_key=%zz"), bearer])).sessionKey == "b")
        #expect(try read(head(adding: [("Cookie", "session_key=a+b")])).sessionKey == "a+b")
    }

    @Test(arguments: [
        ("http://chat.example", true), ("https://chat.example:8443", true), ("http://CHAT.example", true),
        ("http://evil.example", false), ("http://chat.example.evil", false), ("null", false), ("file://", false),
        ("chat.example", false), ("", false),
    ])
    func takesTheCookieOnlyFromPagesOfItsHost(origin: String, isOwn: Bool) throws {
        let request = head(adding: [("Origin", origin), ("Cookie", "session_key=c")])
        #expect(try read(request).sessionKey == (isOwn ? "c" : nil))
        #expect(try read(head("/?session_key=q", adding: [("Origin", origin)])).sessionKey == "q")
    }

    @Test func comparesIPv6Hosts() throws {
        func key(_ host: String, _ origin: String) throws -> String? {
            try read(
                head(without: ["Host"], adding: [("Host", host), ("Origin", origin), ("Cookie", "session_key=c")])
            ).sessionKey
        }
        #expect(try key("[::1]:56412", "http://[::1]:56411") == "c")
        #expect(try key("[::1]", "http://[::1]") == "c")
        #expect(try key("[::1]:56412", "http://[::2]:56411") == nil)
    }

    @Test func refusesPagesOfUnlistedOrigins() throws {
        let allowed = ["https://shop.example"]
        let cookie = ("Cookie", "session_key=c")
        #expect(
            try read(head(adding: [("Origin", "https://shop.example"), cookie]), allowed: allowed).sessionKey == "c")
        #expect(try read(head(adding: [cookie]), allowed: allowed).sessionKey == "c")
        for origin in ["https://evil.example", "http://shop.example", "https://shop.example.evil", "null"] {
            #expect(refusal(head(adding: [("Origin", origin)]), allowed: allowed) == "origin")
        }
        #expect(
            refusal(
                head(adding: [("Origin", "https://shop.example"), ("Origin", "https://evil.example")]), allowed: allowed
            ) == "origin")
    }

    @Test(arguments: [
        ("/", JoinRequest.history(nil)), ("/?history=0", .history(0)), ("/?history=25", .history(25)),
        ("/?after=0", .resume(after: 0, epoch: nil)), ("/?after=7&epoch=e%2B1", .resume(after: 7, epoch: "e+1")),
        ("/?after=9223372036854775807", .resume(after: .max, epoch: nil)),
        ("/?history=5&after=7", .resume(after: 7, epoch: nil)), ("/?unknown=1&&x", .history(nil)),
    ])
    func readsWhereToStart(target: String, join: JoinRequest) throws {
        #expect(try read(head(target)).join == join)
    }

    @Test(arguments: [
        ("/", EventKinds()), ("/?events=session", EventKinds.session),
        ("/?events=typing,session", EventKinds([.session, .typing])),
        ("/?events=session%2Csession", EventKinds.session), ("/?after=7&events=changes", EventKinds.changes),
        (
            "/?events=session,changes,presence,typing,read",
            EventKinds([.session, .changes, .presence, .typing, .read])
        ),
    ])
    func readsTheEvents(target: String, events: EventKinds) throws {
        #expect(try read(head(target)).events == events)
    }

    @Test(arguments: [
        "/?history=-1", "/?history=x", "/?history=", "/?history=1.5", "/?history=99999999999999999999", "/?after=-1",
        "/?after=", "/?after=x", "/?after=9223372036854775808", "/?epoch=e", "/?history=1&history=1",
        "/?session_key=a&session_key=b", "/?session_key=%", "/?session_key=%4", "/?session_key=%4g",
        "/?session_key=%ff", "/?%=1", "/?events=", "/?events=all", "/?events=Session", "/?events=session,",
        "/?events=,session",
        "/?events=session,,typing", "/?events=session%20", "/?events=session&events=typing",
    ])
    func refusesBadParameters(target: String) {
        #expect(refusal(head(target)) == "malformed")
    }
}
