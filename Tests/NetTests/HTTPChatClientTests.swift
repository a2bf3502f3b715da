import TestKit
import Testing

extension InBrowser {
    /// The client module, run by a real browser's engine against a scripted WebSocket.
    @Suite(.serialized, .timeLimit(.minutes(2))) struct HTTPChatClientTests {
        private typealias Scene = HTTPChatScene

        @Test func client() async throws {
            try await HTTPBrowserFixture.play(Self.connecting + Self.sending + Self.resuming)
        }

        private static let connecting = [
            Scene(
                "the key goes in the first frame and not into the address",
                "welcome(); return newest().url.href + ' ' + JSON.stringify(said())",
                is: #"ws://chat.example:56412/?events=session%2Cchanges [{"session_key":"secret"}]"#),
            Scene(
                "further events are asked for beside those of the session",
                """
                make({ events: "presence,session,typing" }).connect();
                return newest().url.searchParams.get("events");
                """, is: "session,changes,presence,typing"),
            Scene(
                "the state is told",
                "welcome(); hangUp(1006); await connected(2); return told('state').map((each) => each.state).join(' ')",
                is: "connecting open reconnecting connecting"),
            Scene(
                "the server says when to come back",
                "welcome(); hangUp(1012, 'retry_ms=1234'); return told('state').at(-1).inMs + ''", is: "1234"),
            Scene(
                "a server with too much to do says when to come back",
                "welcome(); hangUp(1013, 'too many logins, retry_ms=4321'); return told('state').at(-1).inMs + ''",
                is: "4321"),
            Scene(
                "a foolish wait is bounded",
                "welcome(); hangUp(1001, 'retry_ms=9999999'); return told('state').at(-1).inMs + ''", is: "600000"),
            Scene(
                "final close codes end it",
                """
                const ends = [];
                for (const code of [1002, 1003, 1007, 1009, 4401, 4403, 4409]) {
                    const other = new ChatClient({ url: "ws://x/", sessionKey: "k" });
                    other.addEventListener("state", ({ detail }) => detail.state === "ended" && ends.push(detail.reason));
                    other.connect();
                    hangUp(code);
                }
                return ends.join(" ");
                """,
                is:
                    "protocol_error protocol_error protocol_error message_too_big invalid_session revoked too_many_connections"
            ),
            Scene(
                "after other codes it comes back",
                """
                for (const code of [1000, 1001, 1006, 1011, 1012, 1013, 4408, 4429]) {
                    const before = sockets.length;
                    hangUp(code);
                    await connected(before + 1);
                }
                return sockets.length + "";
                """, is: "9"),
            Scene(
                "malformed and unknown frames are survived",
                """
                welcome();
                server("nonsense", "null", "[1]", "7", { new_thing: 1 }, { seq: "x", message: "y" }, message(1, "fine"));
                return told("ignored").length + " " + shown();
                """, is: "6 1"),
            Scene(
                "what it does not show itself is passed on",
                """
                welcome();
                server(message(1, "a"), { seq: 2, edited: 1, message: "b" }, { seq: 3, deleted: 1 },
                    { presence: { count: 1 } }, { typing: "bob" }, { error: { code: "frozen" } });
                return ["changed", "presence", "typing", "refused"].map((name) => told(name).length).join("")
                    + " " + shown() + " " + client.position;
                """, is: "2111 1 3"),
            Scene(
                "going offline and online is noticed at once",
                """
                welcome();
                dispatchEvent(new Event("offline"));
                dispatchEvent(new Event("online"));
                return sockets.length + " " + client.state;
                """, is: "2 connecting"),
        ]

        private static let sending = [
            Scene(
                "a send is stored when it comes back",
                """
                welcome();
                const id = client.send("hi");
                server(message(1, "hi", { user: "ann", id }));
                return states() + " own=" + told("message")[0].own;
                """, is: "hi:sending hi:stored own=true"),
            Scene(
                "after a rename the id alone settles",
                """
                welcome();
                const id = client.send("hi");
                server({ session: { user: "anna", role: "reader" } }, message(1, "hi", { user: "ann", id }));
                return states() + " own=" + told("message")[0].own + " " + JSON.stringify(told("session"))
                    + " " + client.welcome.user + client.welcome.role + client.welcome.room;
                """, is: #"hi:sending hi:stored own=true [{"user":"anna","role":"reader"}] annareader0"#),
            Scene(
                "after a rename more than may be under way at once is sent and settled",
                """
                welcome();
                for (let i = 0; i < 40; i++) client.send("x");
                server({ session: { user: "anna", role: "member" } });
                for (let seq = 1; seq <= 40; seq++) server(message(seq, "x", { user: "ann", id: said()[seq].id }));
                return said().length + " " + told("outgoing").filter((each) => each.state === "stored").length;
                """, is: "41 40"),
            Scene(
                "a refused send has failed",
                """
                welcome();
                const id = client.send("hi");
                server({ error: { code: "too_long", id } });
                return states() + " " + told("outgoing")[1].error.code;
                """, is: "hi:sending hi:failed too_long"),
            Scene(
                "a send that was too fast goes again by itself",
                """
                welcome();
                const id = client.send("hi");
                server({ error: { code: "rate_limited", retry_after_ms: 100, id } });
                client.send("next");
                const before = said().length;
                while (said().length < before + 2) await new Promise((resolve) => setTimeout(resolve, 5));
                return said().slice(1).map((each) => each.message).join(" ") + " " + states();
                """, is: "hi hi next hi:sending next:sending"),
            Scene(
                "what waits is bounded, and so is what is under way",
                """
                welcome();
                let refusal = "";
                try { for (let i = 0; i < 200; i++) client.send("x"); } catch (error) { refusal = error.name; }
                return told("outgoing").length + " " + (said().length - 1) + " " + refusal;
                """, is: "100 16 RangeError"),
            Scene(
                "a text too long for the server is refused at once",
                """
                welcome();
                try { client.send("x".repeat(65536)); } catch (error) { return error.name + said().length; }
                """, is: "RangeError1"),
            Scene(
                "what could not be sent when it ends has failed",
                "welcome(); client.send('hi'); hangUp(4403); return states() + ' ' + client.state",
                is: "hi:sending hi:failed ended"),
        ]

        private static let resuming = [
            Scene(
                "it resumes after the last seq of its epoch",
                """
                welcome({ last_seq: 7 }); server(message(6, "a"), message(7, "b"));
                hangUp(1006); await connected(2);
                return query();
                """, is: "?after=7&epoch=e1"),
            Scene(
                "an empty room is resumed from its start",
                "welcome(); hangUp(1006); await connected(2); return query()", is: "?after=0&epoch=e1"),
            Scene(
                "cut off before any history it starts over",
                "welcome({ last_seq: 7 }); hangUp(1006); await connected(2); return query()", is: ""),
            Scene(
                "nothing is shown twice and all is in order",
                """
                welcome({ last_seq: 2 }); server(message(1, "a"), message(2, "b"), message(2, "b"), message(1, "a"));
                hangUp(1006); await connected(2);
                welcome({ last_seq: 4, resumed: true }); server(message(2, "b"), message(3, "c"), message(4, "d"));
                return shown();
                """, is: "1 2 3 4"),
            Scene(
                "an unanswered send goes again with its id and is shown once",
                """
                welcome();
                const id = client.send("hi");
                hangUp(1006); await connected(2);
                const before = said().length;
                welcome({ last_seq: 1, resumed: true });
                server(message(1, "hi", { user: "ann", id }), message(1, "hi", { user: "ann", id }));
                return before + " " + JSON.stringify(said()[1]) === "0 " + JSON.stringify({ message: "hi", id })
                    ? shown() + " " + states() : JSON.stringify(said());
                """, is: "1 hi:sending hi:stored"),
            Scene(
                "an early answer to a repeated send skips nothing",
                """
                welcome({ last_seq: 1 }); server(message(1, "a"));
                const id = client.send("hi");
                hangUp(1006); await connected(2);
                welcome({ last_seq: 4, resumed: true });
                const mine = message(3, "hi", { user: "ann", id });
                server(mine, message(2, "b"), mine, message(4, "c"));
                return shown() + " " + states();
                """, is: "1 2 3 4 hi:sending hi:stored"),
            Scene(
                "a reset clears and fresh history is shown, and only then the sends go again",
                """
                welcome({ last_seq: 900 }); server(message(900, "old"));
                client.send("hi");
                hangUp(1006); await connected(2);
                welcome({ last_seq: 6, epoch: "e2", reset: "epoch" });
                const early = said().length;
                server(message(5, "x"), message(6, "y"));
                return told("reset")[0].reason + " " + shown() + " " + early + " " + said().length;
                """, is: "epoch 900 5 6 1 2"),
            Scene(
                "a session that was moved to another room starts over",
                """
                welcome({ last_seq: 9 }); server(message(9, "old"));
                hangUp(1006); await connected(2);
                welcome({ last_seq: 20, resumed: true, room: 5 });
                return sockets.length + " " + query() + " " + told("reset")[0].reason;
                """, is: "3  room"),
            Scene(
                "older history is asked for and given once",
                """
                welcome({ last_seq: 9 }); server(message(9, "a"));
                const first = client.loadOlder({ limit: 2 }), same = client.loadOlder({ limit: 2 });
                const asked = JSON.stringify(said().at(-1)) + said().length;
                server({ history: [message(7, "x"), message(8, "y", { user: "ann" }), message(9, "z")], more: true });
                const { messages, more } = await first;
                return asked + " " + messages.map((each) => each.seq + ":" + each.own).join(" ") + " " + more
                    + " " + (first === same) + " " + shown();
                """, is: #"{"history":{"before":9,"limit":2}}2 7:false 8:true true true 9"#),
            Scene(
                "a lost connection ends the wait for older history",
                """
                welcome({ last_seq: 9 }); server(message(9, "a"));
                const wait = client.loadOlder();
                hangUp(1006);
                return await wait.catch((error) => error.message);
                """, is: "Connection lost."),
        ]
    }
}
