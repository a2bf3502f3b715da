import TestKit
import Testing

extension InBrowser {
    /// Own messages of the client module: too long ones, and those that a reload or an end finds unsent.
    @Suite(.serialized, .timeLimit(.minutes(2))) struct HTTPChatClientKeepingTests {
        private typealias Scene = HTTPChatScene

        @Test func client() async throws {
            try await HTTPBrowserFixture.play(Self.limits + Self.kept + Self.ended)
        }

        private static let limits = [
            Scene(
                "the server's own limit is in its welcome",
                """
                welcome({ message_bytes_max: 100 });
                client.send("x".repeat(40));
                try { client.send("x".repeat(60)); } catch (error) { return error.name + " " + error.message; }
                """,
                is: "RangeError This message is too long: 114 bytes, and this server takes 100. "
                    + "Shorten it, or send it in parts."),
            Scene(
                "bytes count and not characters",
                """
                welcome({ message_bytes_max: 200 });
                client.send("x".repeat(100));
                try { client.send("😀".repeat(40)); } catch (error) { return error.name; }
                """, is: "RangeError"),
            Scene(
                "a limit above the default is used, one that is no number is not",
                """
                welcome({ message_bytes_max: 100000 }); client.send("x".repeat(70000));
                const other = make(); other.connect(); welcome({ message_bytes_max: "7" }); other.send("x".repeat(60000));
                return told("outgoing").length + "";
                """, is: "2"),
            Scene(
                "what waited and is too long fails without being sent",
                """
                client.send("x".repeat(60)); client.send("y");
                welcome({ message_bytes_max: 100 });
                return told("outgoing").map(({ text, state, error }) => text.at(0) + ":" + (error?.code ?? state)).join(" ")
                    + " " + (said().length - 1);
                """, is: "x:sending y:sending x:too_long 1"),
            Scene(
                "closed for a message that was too long it comes back without that one",
                """
                welcome();
                const id = client.send("short"); client.send("x".repeat(500));
                hangUp(1009); await connected(2);
                welcome({ resumed: true });
                let refused = "";
                try { client.send("x".repeat(500)); } catch (error) { refused = error.name; }
                return told("outgoing").filter((each) => each.state === "failed").map((each) => each.error.code).join(" ")
                    + " " + (said().length - 1) + " " + (said()[1].id === id) + " " + refused;
                """, is: "too_long 1 true RangeError"),
        ]

        private static let kept = [
            Scene(
                "what waits survives a reload, with its id, and settles once",
                """
                make({ storage: sessionStorage }).send("hi");
                const id = told("outgoing")[0].id;
                const after = make({ storage: sessionStorage });
                after.connect(); welcome();
                const again = said()[1];
                server(message(1, "hi", { user: "ann", id }), message(1, "hi", { user: "ann", id }));
                make({ storage: sessionStorage }).connect();
                return states() + " " + (again.id === id && again.message === "hi") + " " + shown() + " " + sessionStorage.length;
                """, is: "hi:sending hi:sending hi:stored true 1 0"),
            Scene(
                "what was stored before the reload is not sent again",
                """
                make({ storage: sessionStorage }).send("hi");
                make({ storage: sessionStorage }).connect();
                welcome({ last_seq: 1 }); server(message(1, "hi", { user: "ann", id: told("outgoing")[0].id }));
                return states() + " " + (said().length - 1);
                """, is: "hi:sending hi:sending hi:stored 0"),
            Scene(
                "another session reads none of it, and no key is a name",
                """
                make({ storage: sessionStorage }).send("hi");
                make({ storage: sessionStorage, sessionKey: "other" }).connect();
                return states() + " " + Object.entries(sessionStorage).join().includes("secret");
                """, is: "hi:sending false"),
            Scene(
                "without the option nothing is written",
                "client.send('hi'); return sessionStorage.length + ' ' + client.isKept", is: "0 false"),
            Scene(
                "a full storage costs nothing but the copy",
                """
                const full = { length: 0, getItem: () => null, removeItem() {}, setItem() { throw new Error("full"); } };
                const other = make({ storage: full });
                const before = other.isKept;
                other.connect(); welcome(); const id = other.send("hi");
                const during = other.isKept;
                server(message(1, "hi", { user: "ann", id }));
                return [before, during, other.isKept, states()].join(" ");
                """, is: "true false true hi:sending hi:stored"),
            Scene(
                "of more than has room the oldest are kept",
                """
                const other = make({ storage: sessionStorage });
                for (let i = 0; i < 20; i++) other.send(i + "x".repeat(40000));
                const kept = JSON.parse(Object.values(sessionStorage)[0]).value;
                return kept.length + " " + kept[0].text.slice(0, 2) + " " + other.isKept;
                """, is: "10 0x false"),
            Scene(
                "what another script wrote is survived, and no more is read than may wait",
                """
                make({ storage: sessionStorage }).send("hi");
                const [name] = Object.keys(sessionStorage);
                const connectWith = (value) => (
                    sessionStorage.setItem(name, value), events.length = 0, make({ storage: sessionStorage }).connect(),
                    told("outgoing").length);
                const many = Array.from({ length: 300 }, (_, i) => ({ id: "i" + i, text: "x" }));
                return [connectWith("nonsense"), connectWith('{"value":7}'), connectWith('{"value":[null,7,{"id":"","text":"x"}]}'),
                    connectWith(JSON.stringify({ value: many }))].join(" ");
                """, is: "0 0 0 100"),
            Scene(
                "the texts of eight sessions are kept, the oldest go first",
                """
                let now = 0;
                Date.now = () => ++now;
                for (let i = 0; i < 10; i++) make({ storage: sessionStorage, sessionKey: "k" + i }).send("text " + i);
                return Object.values(sessionStorage).map((each) => JSON.parse(each).value[0].text.slice(5)).sort().join(" ");
                """, is: "2 3 4 5 6 7 8 9"),
        ]

        private static let ended = [
            Scene(
                "what was said to one room is not said to another",
                """
                client.send("to the first");
                welcome({ room: 1 });
                client.send("to 1");
                hangUp(1012, "retry_ms=0"); await connected(2);
                client.send("also to 1");
                welcome({ room: 2, last_seq: 0 });
                client.send("to 2");
                return said().slice(1).map((each) => each.message).join() + " "
                    + told("outgoing").filter(({ error }) => error?.code === "moved").map(({ text }) => text).join();
                """, is: "to 2 to the first,to 1,also to 1"),
            Scene(
                "after an end that leaves the session good it connects again and sends what waited",
                """
                welcome(); const id = client.send("hi"); hangUp(4409);
                const ended = client.state;
                client.connect(); welcome({ resumed: true });
                return ended + " " + states() + " " + (said()[1].id === id) + query();
                """, is: "ended hi:sending hi:failed hi:sending true?after=0&epoch=e1"),
            Scene(
                "what was discarded after the end is not sent",
                """
                welcome(); const id = client.send("hi"); hangUp(4409); client.discard(id);
                client.connect(); welcome({ resumed: true });
                return said().length + "";
                """, is: "1"),
            Scene(
                "the end of the session leaves nothing to be sent by itself",
                """
                const other = make({ storage: sessionStorage });
                other.connect(); welcome(); other.send("hi"); hangUp(4403);
                other.connect(); welcome({ resumed: true });
                return states() + " " + said().length + " " + sessionStorage.length;
                """, is: "hi:sending hi:failed 1 0"),
            Scene(
                "an id of an earlier message can be given",
                """
                welcome(); client.send("hi", { id: "mine" });
                let refused = "";
                try { client.send("hi", { id: "x".repeat(65) }); } catch (error) { refused = error.name; }
                return said()[1].id + " " + refused + " " + client.send("hi", { id: "mine" }) + " " + said().length;
                """, is: "mine TypeError mine 2"),
        ]
    }
}
