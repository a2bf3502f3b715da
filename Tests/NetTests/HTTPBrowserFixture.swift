import NIOCore
import NIOPosix
import TestKit

@testable import Net

/// A real browser on the page of a real HTTP listener; no WebSocket server: scripts bring their own.
enum HTTPBrowserFixture {
    static func browse<Result: Sendable>(_ body: (Browser, String) async throws -> Result) async throws -> Result {
        let routes = PageRoutes(webSocket: .sameHost(port: 1, tls: false)).routes
        let pipeline = HTTPPipeline(routes: routes)
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try pipeline.configure(channel) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = listener.localAddress?.port ?? 0
        return try await BrowserDriver.run { driver in
            try await driver.browse { browser in
                let result = try await body(browser, "http://127.0.0.1:\(port)")
                try await listener.close()
                return result
            }
        }
    }

    /// Script text that replaces WebSocket by a scripted one and makes a client on it.
    ///
    /// `sockets` are the connections made so far; `events` are what the client told, each as `[name, detail]`;
    /// `server(frame)` and `hangUp(code, reason)` speak on the newest one; `said()` is what the client sent on it.
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
        const client = new ChatClient({
            url: "ws://chat.example:56412/", sessionKey: "secret", backoffMinMs: 1, backoffMaxMs: 4, historyWaitMs: 20,
        });
        for (const name of ["state", "welcome", "reset", "message", "outgoing", "edited", "deleted", "presence", "typing",
            "refused", "ignored"]) client.addEventListener(name, ({ detail }) => events.push([name, detail]));
        const told = (name) => events.filter((each) => each[0] === name).map((each) => each[1]);
        const shown = () => told("message").map((each) => each.seq).join(" ");
        const states = () => told("outgoing").map((each) => each.text + ":" + each.state).join(" ");
        client.connect();

        """
}
