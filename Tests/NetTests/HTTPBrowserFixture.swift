import NIOCore
import NIOPosix
import TestKit
import Testing

@testable import Net

/// Real browsers on the page of a real HTTP listener; unless a test serves a WebSocket, scripts bring their own.
enum HTTPBrowserFixture {
    static func browse<Result: Sendable>(_ body: (Browser, String) async throws -> Result) async throws -> Result {
        try await drive(.sameHost(port: 1, tls: false)) { driver, site in
            try await driver.browse { try await body($0, site) }
        }
    }

    /// Serves the page for a WebSocket server, for as many browsers as the test opens.
    static func drive<Result: Sendable>(
        _ address: WebSocketAddress, _ body: (BrowserDriver, String) async throws -> Result
    ) async throws -> Result {
        let pipeline = HTTPPipeline(routes: PageRoutes(webSocket: address).routes)
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try pipeline.configure(channel) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = listener.localAddress?.port ?? 0
        return try await BrowserDriver.run { driver in
            let result = try await body(driver, "http://127.0.0.1:\(port)")
            try await listener.close()
            return result
        }
    }

    /// Runs scenes one after the other, each on a new client.
    static func play(_ scenes: [HTTPChatScene]) async throws {
        try await browse { browser, site in
            for scene in scenes {
                try await browser.open(site + "/chat")
                let result: String = try await browser.runAsync(clientScript + scene.script)
                #expect(result == scene.expected, "\(scene.testDescription)")
            }
        }
    }

    /// Opens the chat page on a scripted WebSocket, with a session, and waits until the page has logged in.
    ///
    /// - Parameter script: runs in the page before its own scripts.
    static func page(_ script: String = "", _ body: (Browser) async throws -> Void) async throws {
        try await browse { browser, site in
            try await browser.prepare(scriptedSocket + script)
            try await browser.open(site + "/chat?session_key=top-secret")
            try await browser.wait(until: "document.documentElement.dataset.said == 1")
            try await body(browser)
            #expect(try await browser.console() == [])
        }
    }

    /// Replaces WebSocket by one that the test plays: `server(…)` speaks, `said` is what the page sent; `below()` is how far
    /// the reader is above the end, in pixels.
    private static let scriptedSocket = """
        window.said = [];
        window.sockets = 0;
        window.WebSocket = class {
            constructor(url) { sockets += 1; window.socket = this; window.socketURL = url; setTimeout(() => this.onopen()); }
            send(text) { window.said.push(JSON.parse(text)); document.documentElement.dataset.said = said.length; }
            close() {}
        };
        window.server = (...frames) => frames.forEach((each) => socket.onmessage({ data: JSON.stringify(each) }));
        window.message = (seq, text, more) => (
            { seq, time: "2016-08-08T17:20:32.421Z", user: "bob", message: text, ...more });
        window.run = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i, "m" + (from + i)));
        window.welcome = (last_seq, more) => server(
            { authenticated: true, user: "ann", room: 7, role: "member", epoch: "e", last_seq, resumed: false, ...more });
        window.texts = () => [...document.querySelectorAll("#log .text")].map((each) => each.textContent);
        window.box = () => document.querySelector("#scroller");
        window.below = () => box().scrollHeight - box().scrollTop - box().clientHeight;
        window.pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
        window.frames3 = async () => { for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame); };

        """

    /// Script text that replaces WebSocket by a scripted one and makes a client on it.
    ///
    /// `sockets` are the connections made so far; `events` are what the clients told, each as `[name, detail]`;
    /// `make(options)` makes another client; `server(frame)` and `hangUp(code, reason)` speak on the newest connection; `said()`
    /// is what its client sent on it, `query()` its query without `events`.
    static let clientScript = """
        const sockets = [], events = [];
        class ScriptedSocket {
            sent = [];
            constructor(url) { this.url = new URL(url); sockets.push(this); }
            send(text) { this.sent.push(JSON.parse(text)); }
            close() { this.closed = true; }
        }
        window.WebSocket = ScriptedSocket;
        const { ChatClient } = await import("/chat-client.js");
        const newest = () => sockets[sockets.length - 1];
        const server = (...frames) => frames.forEach((frame) => newest().onmessage(
            { data: typeof frame === "string" ? frame : JSON.stringify(frame) }));
        const hangUp = (code, reason = "") => newest().onclose({ code, reason });
        const said = () => newest().sent;
        const welcome = (more = {}) => {
            newest().onopen();
            server({ authenticated: true, user: "ann", room: 0, role: "member", epoch: "e1", last_seq: 0,
                resumed: false, ...more });
        };
        const message = (seq, text, more = {}) => (
            { seq, time: "2016-08-08T17:20:32.421Z", user: "bob", message: text, ...more });
        const connected = async (count) => {
            while (sockets.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
        };
        const make = (options = {}) => {
            const made = new ChatClient({
                url: "ws://chat.example:56412/", sessionKey: "secret", backoffMinMs: 1, backoffMaxMs: 4, historyWaitMs: 20,
                ...options,
            });
            for (const name of ["state", "welcome", "reset", "message", "outgoing", "changed", "presence", "typing",
                "session", "refused", "ignored"]) made.addEventListener(name, ({ detail }) => events.push([name, detail]));
            return made;
        };
        sessionStorage.clear();
        const client = make();
        const query = () => newest().url.search.replace(/[?&]events=session%2Cchanges$/, "");
        const told = (name) => events.filter((each) => each[0] === name).map((each) => each[1]);
        const shown = () => told("message").map((each) => each.seq).join(" ");
        const states = () => told("outgoing").map((each) => each.text + ":" + each.state).join(" ");
        client.connect();

        """
}
