import TestKit
import Testing

extension InBrowser {
    /// Editing, deleting, reacting and replying on the page, by keyboard alone from the text field.
    @Suite(.serialized, .timeLimit(.minutes(2))) struct HTTPChatChangesTests {
        private static let (enter, escape, shift, tab) = ("\u{E007}", "\u{E00C}", "\u{E008}", "\u{E004}")
        private static let (up, down, left, right) = ("\u{E013}", "\u{E015}", "\u{E012}", "\u{E014}")
        private static let end = "\u{E010}"
        private static let back = shift + tab + shift

        /// A room with a message of bob's, one of ann's, who is the reader, and a reply of cy's.
        private func room(_ body: (Browser) async throws -> Void) async throws {
            try await HTTPBrowserFixture.page(Self.script) { browser in
                let _: String? = try await browser.run(
                    """
                    welcome(3);
                    server(message(1, "from bob"), message(2, "mine", { user: "ann" }),
                        message(3, "from cy", { user: "cy", reply_to: 1 }));
                    document.querySelector("#text").focus();
                    """)
                try await body(browser)
            }
        }

        /// `row(seq)` is a row; `by(seq, user, change)` is a change; `mine(change)` answers the last command.
        private static let script = """
            window.row = (seq) => document.querySelector(`[data-seq="${seq}"]`);
            window.by = (seq, user, change) => server({ seq, time: "2016-08-08T17:20:33.421Z", user, ...change });
            window.mine = (seq, change) => by(seq, "ann", { id: said.at(-1).id, ...change });
            window.last = () => { const { id, ...rest } = said.at(-1); return JSON.stringify(rest); };
            window.focused = () => [document.activeElement.id || document.activeElement.className.split(" ")[0],
                document.activeElement.closest(".message")?.dataset.seq].join(" ").trim();

            """

        private func list(in browser: Browser, _ script: String) async throws -> [String] {
            try await browser.run(script)
        }

        @Test func arrowUpInTheEmptyFieldEditsTheLastOwnMessage() async throws {
            try await room { browser in
                try await browser.press("draft" + Self.up)
                #expect(try await browser.run("return document.querySelector('#about').hidden") == true)
                try await browser.press(Self.end + String(repeating: "\u{E003}", count: 5) + Self.up)
                #expect(try await browser.run("return document.querySelector('#text').value") == "mine")
                try await browser.press(Self.escape)
                #expect(try await browser.run("return document.querySelector('#text').value") == "")
                try await browser.press(Self.up + " too" + Self.enter)
                #expect(try await browser.run("return last()") == #"{"edit":2,"message":"mine too"}"#)
                let row: [String] = try await browser.run(
                    """
                    mine(4, { edited: 2, message: "mine too" });
                    return [row(2).querySelector(".text").textContent, row(2).querySelector(".mark").textContent,
                        document.querySelector("#about").hidden, document.querySelector("#text").value, focused()].map(String);
                    """)
                #expect(row == ["mine too", "(edited) ✓ stored", "true", "", "text"])
            }
        }

        @Test func reactsByTheMenuAndWithdrawsByTheChip() async throws {
            try await room { browser in
                try await browser.press(Self.back + Self.up + Self.up)
                #expect(try await browser.run("return focused()") == "act 1")
                try await browser.press(Self.enter + Self.enter)
                #expect(try await browser.run("return last()") == #"{"react":1,"emoji":"👍","on":true}"#)
                let chip = "row(1).querySelector('.chip')"
                let _: String? = try await browser.run("mine(4, { reacted: 1, emoji: '👍', on: true })")
                let _: String? = try await browser.run("by(5, 'bob', { reacted: 1, emoji: '👍', on: true })")
                #expect(
                    try await list(in: browser, "return [\(chip).textContent, \(chip).title, \(chip).ariaPressed]")
                        == ["👍 2", "ann, bob", "true"])
                try await browser.press(Self.left + Self.enter)
                #expect(try await browser.run("return last()") == #"{"react":1,"emoji":"👍","on":false}"#)
                let rest = "count: 1, users: ['bob']"
                let _: String? = try await browser.run("mine(6, { reacted: 1, emoji: '👍', on: false, \(rest) })")
                #expect(
                    try await list(in: browser, "return [\(chip).textContent, \(chip).ariaPressed, focused()]")
                        == ["👍 1", "false", "chip 1"])
                // Escape closes the menu, and then leads back to the field.
                try await browser.press(Self.right + Self.enter)
                #expect(try await browser.run("return document.querySelector('#actions').checkVisibility()") == true)
                try await browser.press(Self.escape)
                #expect(try await browser.run("return focused()") == "act 1")
                try await browser.press(Self.escape)
                #expect(try await browser.run("return focused()") == "text")
            }
        }

        /// Of many who reacted only some are named: the server tells that the reader was among them.
        @Test func reactionThatWasThereIsShownAsOnesOwn() async throws {
            try await room { browser in
                let seen: [String] = try await browser.runAsync(
                    """
                    by(4, "cy", { reacted: 1, emoji: "x", on: true });
                    row(1).querySelector(".chip").click();
                    server({ done: "react", id: said.at(-1).id });
                    await pause(0);
                    const pressed = row(1).querySelector(".chip").ariaPressed;
                    row(1).querySelector(".chip").click();
                    return [pressed, last()];
                    """)
                #expect(seen == ["true", #"{"react":1,"emoji":"x","on":false}"#])
            }
        }

        @Test func repliesAndIsLedToTheMessage() async throws {
            try await room { browser in
                #expect(
                    try await browser.run("return row(3).querySelector('.quote').ariaLabel") == "Reply to bob: from bob"
                )
                try await browser.press(Self.back + Self.up + Self.up + Self.enter + Self.end + Self.enter)
                #expect(
                    try await browser.run("return document.querySelector('#about').firstChild.textContent")
                        == "Reply to bob: from bob")
                try await browser.press("yes" + Self.enter)
                #expect(try await browser.run("return last()") == #"{"reply_to":1,"message":"yes"}"#)
                try await browser.press("no reply" + Self.enter)
                #expect(try await browser.run("return last()") == #"{"message":"no reply"}"#)
                try await browser.press(Self.back + Self.down + Self.down + Self.left + Self.enter)
                try await browser.wait(until: "focused() === 'message 1'")
            }
        }

        @Test func failedReplyGoesAgainAsAReply() async throws {
            try await room { browser in
                let reply = #"{"reply_to":1,"message":"yes"}"#
                try await browser.press(
                    Self.back + Self.up + Self.up + Self.enter + Self.end + Self.enter + "yes" + Self.enter)
                #expect(try await browser.run("return last()") == reply)
                let _: String? = try await browser.run("server({ error: { code: 'not_stored', id: said.at(-1).id } })")
                try await browser.click("#outgoing button:first-of-type")
                #expect(try await browser.run("return said.length + last()") == "3" + reply)
            }
        }

        @Test func deletesAtTheSecondPressAndNothingOfTheTextIsLeft() async throws {
            try await room { browser in
                try await browser.press(Self.back + Self.up + Self.enter + Self.end + Self.enter)
                #expect(try await browser.run("return said.length") == 1)
                try await browser.press(Self.enter)
                #expect(try await browser.run("return last()") == #"{"delete":2}"#)
                let row: [String] = try await browser.run(
                    """
                    mine(4, { deleted: 2 });
                    by(5, null, { deleted: 1 });
                    return [texts().join(" | "), focused(), row(3).querySelector(".quote").textContent,
                        row(2).querySelector(".act").checkVisibility(),
                        /from bob|mine/.test(document.documentElement.outerHTML)].map(String);
                    """)
                #expect(
                    row == [
                        "Message deleted | Message deleted | from cy", "text", "bobMessage deleted", "false", "false",
                    ])
            }
        }

        /// What a reader has begun with a message ends with the message.
        @Test func deletionByAnotherEndsTheEditAndTheMenu() async throws {
            try await room { browser in
                try await browser.press(Self.up)
                let _: String? = try await browser.run("by(4, 'mod', { deleted: 2 })")
                #expect(try await browser.run("return document.querySelector('#text').value") == "")
                try await browser.press(Self.back + Self.enter)
                #expect(try await browser.run("return document.querySelector('#actions').checkVisibility()") == true)
                let _: String? = try await browser.run("by(5, 'mod', { deleted: 3 })")
                #expect(try await browser.run("return document.querySelector('#actions').checkVisibility()") == false)
                #expect(try await browser.run("return focused()") == "text")
                #expect(
                    try await browser.run("return /mine|from cy/.test(document.documentElement.outerHTML)") == false)
            }
        }

        @Test func onlyOwnMessagesMayBeChangedUnlessTheReaderIsAModerator() async throws {
            try await room { browser in
                let offers = """
                    const offers = (seq) => { row(seq).querySelector(".act").click();
                        return [...document.querySelectorAll("#actions > button")].map((each) => each.textContent).join(" "); };
                    return [offers(1), offers(2)];
                    """
                let none = "You may read here, not write."
                for (role, expected) in [
                    ("member", ["Reply", "Reply Edit Delete"]),
                    ("moderator", ["Reply Edit Delete", "Reply Edit Delete"]), ("reader", [none, none]),
                ] {
                    let session = "server({ session: { user: 'ann', role: '\(role)' } });"
                    let offered = try await list(in: browser, session + offers)
                    #expect(offered == expected)
                }
            }
        }

        @Test func refusalIsSaidAtTheMessageAndKeepsTheText() async throws {
            try await room { browser in
                try await browser.press(Self.up + "!" + Self.enter)
                let _: String? = try await browser.run("server({ error: { code: 'forbidden', id: said.at(-1).id } })")
                try await browser.wait(
                    until: "row(2).querySelector('.problem[role=alert]')?.innerText.includes('too late')")
                try await browser.click("[data-seq='2'] .problem button")
                #expect(
                    try await browser.run("return document.querySelector('#text').value + focused()") == "mine!text")
                try await browser.press(Self.enter)
                let _: String? = try await browser.run("mine(4, { edited: 2, message: 'mine!' })")
                #expect(try await browser.run("return row(2).querySelector('.problem') === null") == true)
            }
        }

        @Test func reloadShowsTheStateAfterAllChanges() async throws {
            try await room { browser in
                let live: String = try await browser.run(
                    """
                    by(4, "bob", { edited: 1, message: "changed" });
                    by(5, "cy", { reacted: 1, emoji: "x", on: true });
                    by(6, "ann", { deleted: 2 });
                    return document.querySelector("#log").innerText;
                    """)
                try await browser.reload()
                try await browser.wait(until: "document.documentElement.dataset.said == 1")
                let loaded: String = try await browser.run(
                    """
                    welcome(6);
                    server(message(1, "changed", { edited_seq: 4, changed_seq: 5, reactions: { x: { count: 1, users: ["cy"] } } }),
                        { seq: 2, time: message(2).time, user: "ann", deleted: true, changed_seq: 6 },
                        message(3, "from cy", { user: "cy", reply_to: 1 }));
                    by(4, "bob", { edited: 1, message: "changed" });
                    by(5, "cy", { reacted: 1, emoji: "x", on: true });
                    by(6, "ann", { deleted: 2 });
                    return document.querySelector("#log").innerText;
                    """)
                #expect(loaded == live)
                #expect(loaded.contains("changed") && loaded.contains("(edited)") && loaded.contains("x 1"))
            }
        }

        /// A change of any row neither moves a reader who follows the end away from it, nor one who reads above it.
        @Test func changesMoveNobody() async throws {
            try await room { browser in
                let seen: [String] = try await browser.runAsync(
                    """
                    server(...run(4, 100)); await frames3();
                    let seq = 100;
                    const shake = async () => {
                        for (const target of [4, 50, 96, 99, 100]) {
                            by(++seq, "bob", { edited: target, message: "one\\ntwo\\nthree\\nfour" }); await frames3();
                            by(++seq, "cy", { reacted: target, emoji: "x" + seq, on: true }); await frames3();
                            by(++seq, "bob", { edited: target, message: "short" }); await frames3();
                        }
                    };
                    await shake();
                    const far = below(), follows = document.querySelector("#newest").hidden;
                    box().scrollTop = 1500; await frames3();
                    const watched = [...document.querySelectorAll(".message")].find(
                        (each) => each.getBoundingClientRect().top > box().getBoundingClientRect().top);
                    const before = watched.getBoundingClientRect().top;
                    await shake();
                    return [far < 2, follows, Math.abs(watched.getBoundingClientRect().top - before) < 2].map(String);
                    """)
                #expect(seen == ["true", "true", "true"])
            }
        }
    }
}
