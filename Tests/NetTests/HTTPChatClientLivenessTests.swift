import TestKit
import Testing

extension InBrowser {
    /// How the client module finds out that a connection has died in silence, and what numbers that are missing mean to it.
    @Suite(.serialized, .timeLimit(.minutes(2))) struct HTTPChatClientLivenessTests {
        private typealias Scene = HTTPChatScene

        @Test func client() async throws {
            try await HTTPBrowserFixture.play(Self.answers + Self.sleep + Self.holes)
        }

        /// A watch whose clock, timer and page the scene plays: `step(ms)` lets time pass and the timer run.
        private static let watch = """
            const { Liveness } = await import("/chat-liveness.js");
            let now = 1000000, tick, hidden = false, since = null;
            const told2 = [];
            Date.now = () => now;
            const timer = window.setInterval;
            window.setInterval = (act) => (tick = act, 0);
            Object.defineProperty(document, "hidden", { get: () => hidden });
            const { DEFAULTS } = await import("/chat-options.js");
            const live = new Liveness(DEFAULTS, { waitingSince: () => [null, since], lost: () => told2.push("lost"),
                awake: (isLong) => told2.push("awake" + isLong) });
            const ending = new AbortController();
            live.start(ending.signal);
            window.setInterval = timer;
            const step = (ms) => { now += ms; tick(); };
            const turn = (isHidden) => { hidden = isHidden; document.dispatchEvent(new Event("visibilitychange")); };

            """

        private static let answers = [
            Scene(
                "a send without an answer goes again on a new connection",
                """
                const other = make({ ackTimeoutMs: 30, tickMs: 5 });
                other.connect(); welcome(); const id = other.send("hi");
                await connected(3);
                const state = other.state;
                welcome({ resumed: true });
                return state + " " + sockets[1].closed + " " + query() + " " + (said()[1].id === id) + " " + other.state;
                """, is: "connecting true ?after=0&epoch=e1 true open"),
            Scene(
                "a request for history goes without an answer only while nothing comes",
                """
                const other = make({ ackTimeoutMs: 30, tickMs: 5 });
                other.connect(); welcome({ last_seq: 9 }); server(message(9, "a"));
                const asked = other.loadOlder().catch((error) => error.message);
                await connected(3);
                return await asked;
                """, is: "Connection lost."),
            Scene(
                "each wait in a row is twice as long, up to eight times, until an answer comes",
                watch + """
                    const wait = () => { since = now; const from = told2.length; while (told2.length === from) step(1000); return now - since; };
                    const waits = [wait(), wait(), wait(), wait(), wait()];
                    live.answered();
                    return waits.concat(wait()).join(" ");
                    """, is: "11000 21000 41000 81000 81000 11000"),
        ]

        private static let sleep = [
            Scene(
                "a timer that is late in a visible page tells of sleep",
                watch + "step(1000); step(14000); step(16000); step(1000); return told2.join(' ')", is: "awaketrue"),
            Scene(
                "timers of a hidden page are late without sleep",
                watch + "turn(true); step(60000); step(60000); step(200000); return told2.join(' ')", is: "awaketrue"),
            Scene(
                "a page that was hidden for long has to look, one that was hidden briefly has not",
                watch + """
                    turn(true); now += 59000; turn(false); step(1000);
                    turn(true); now += 61000; turn(false); step(1000);
                    return told2.join(" ");
                    """, is: "awakefalse awaketrue"),
            Scene(
                "nothing is watched after the end",
                watch + "ending.abort(); dispatchEvent(new Event('online')); turn(false); return told2.length + ''",
                is: "0"
            ),
            Scene(
                "back online it tries a new connection although nothing has closed the old one",
                """
                welcome({ last_seq: 1 }); server(message(1, "a"));
                dispatchEvent(new Event("online"));
                return sockets.length + " " + sockets[0].closed + " " + client.state + " " + query();
                """, is: "2 true connecting ?after=1&epoch=e1"),
        ]

        private static let holes = [
            Scene(
                "a hole that the server explains is passed over",
                """
                welcome({ last_seq: 1 });
                server(message(1, "a"), message(5, "b", { prev_seq: 1 }), message(9, "c", { prev_seq: 3 }));
                return shown() + " " + sockets.length;
                """, is: "1 5 9 1"),
            Scene(
                "a gap that nothing explains is asked for again",
                """
                welcome({ last_seq: 1 }); server(message(1, "a"), message(3, "c"));
                await connected(2);
                const search = query();
                welcome({ last_seq: 3, resumed: true }); server(message(2, "b"), message(3, "c"), message(6, "f", { prev_seq: 5 }));
                await connected(3);
                return search + " " + shown() + " " + query();
                """, is: "?after=1&epoch=e1 1 2 3 ?after=3&epoch=e1"),
            Scene(
                "a gap that a new connection shows as well is a hole, and so are later ones",
                """
                welcome({ last_seq: 1 }); server(message(1, "a"), message(3, "c"));
                await connected(2);
                welcome({ last_seq: 3, resumed: true }); server(message(3, "c"), message(7, "g"));
                return shown() + " " + sockets.length;
                """, is: "1 3 7 2"),
            Scene(
                "an own message after an explained hole is in its turn",
                """
                welcome({ last_seq: 1 }); server(message(1, "a"));
                const id = client.send("hi");
                server(message(4, "hi", { user: "ann", id, prev_seq: 1 }));
                return shown() + " " + states();
                """, is: "1 4 hi:sending hi:stored"),
        ]
    }
}
