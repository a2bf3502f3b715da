import TestKit
import Testing

extension InBrowser {
    /// The page with a screen reader, a keyboard, a finger, weak eyes and other languages.
    @Suite(.serialized, .timeLimit(.minutes(2))) struct HTTPChatAccessTests {
        private let field = "document.querySelector('#text')"

        @Test func logIsALiveRegionAndItsMessagesAreAList() async throws {
            try await HTTPBrowserFixture.page { browser in
                let _: String? = try await browser.run("welcome(1); server(message(1, 'a'))")
                let seen: [String] = try await browser.run(
                    """
                    const list = document.querySelector("#log");
                    return [list.tagName, list.getAttribute("role"), list.parentElement.getAttribute("role"),
                        list.parentElement.getAttribute("aria-busy"), list.firstElementChild.tagName];
                    """)
                #expect(seen == ["OL", "list", "log", "false", "LI"])
            }
        }

        /// WCAG 2.2, 1.4.3: at least 4.5:1.
        @Test(arguments: ["light", "dark"])
        func contrastIsEnough(_ scheme: String) async throws {
            try await HTTPBrowserFixture.page { browser in
                let poor: [String] = try await browser.run(
                    """
                    document.documentElement.style.colorScheme = arguments[0];
                    const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
                    const light = (colour) => {
                        paint.fillStyle = colour;
                        paint.fillRect(0, 0, 1, 1);
                        const [r, g, b] = [...paint.getImageData(0, 0, 1, 1).data]
                            .map((each) => each / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
                        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
                    };
                    const ratio = (one, other) => {
                        const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
                        return (high + 0.05) / (low + 0.05);
                    };
                    const poor = [];
                    const check = (what, element) => {
                        let behind = element, opacity = 1;
                        for (let each = element; each; each = each.parentElement) opacity *= getComputedStyle(each).opacity;
                        while (behind.parentElement && /, 0\\)|transparent/.test(getComputedStyle(behind).backgroundColor)) {
                            behind = behind.parentElement;
                        }
                        const found = ratio(getComputedStyle(element).color, getComputedStyle(behind).backgroundColor);
                        if (!(found >= 4.5) || opacity < 1) poor.push(what + " " + found.toFixed(2) + " " + opacity);
                    };
                    welcome(4);
                    server(message(1, "a"), message(2, "b", { user: "ann" }), message(3, "c"),
                        message(4, "d", { reply_to: 1, reactions: { x: { count: 1, users: ["ann"] } }, user: "ann" }));
                    server({ seq: 5, deleted: 2 }, { seq: 6, deleted: 3 }, { seq: 7, edited: 1, message: "e" });
                    const say = (text) => { \(field).value = text; document.querySelector("form").requestSubmit(); };
                    say("failed"); server({ error: { code: "muted", id: said.at(-1).id } });
                    say("sending");
                    const name = document.querySelector("#log .name");
                    for (let hue = 0; hue < 360; hue++) {
                        name.parentElement.parentElement.style.setProperty("--hue", hue);
                        check("hue " + hue, name);
                    }
                    const all = "#log .text, #log time, #outgoing .text, #outgoing .meta span, button, #who, #state, textarea, .day";
                    document.querySelectorAll(all).forEach((each) => check(each.className + each.textContent, each));
                    return poor;
                    """, [scheme])
                #expect(poor == [])
            }
        }

        @Test func sendKeepsTheFocusInTheField() async throws {
            try await HTTPBrowserFixture.page { browser in
                let _: String? = try await browser.run("welcome(0)")
                try await browser.type("hello", into: "#text")
                try await browser.click("form button")
                #expect(try await browser.run("return said.at(-1).message") == "hello")
                #expect(try await browser.run("return document.activeElement.id") == "text")
            }
        }

        @Test(arguments: [false, true])
        func enterSendsOrBeginsALine(_ isTouch: Bool) async throws {
            let script = """
                const given = window.matchMedia.bind(window);
                window.matchMedia = (query) => (query.includes("coarse")
                    ? { matches: \(isTouch), addEventListener() {} } : given(query));
                """
            try await HTTPBrowserFixture.page(script) { browser in
                let _: String? = try await browser.run("welcome(0)")
                #expect(try await browser.run("return \(field).enterKeyHint") == (isTouch ? "enter" : "send"))
                // E008 is Shift, E009 is Control; the same again lets go.
                let newLine = isTouch ? "\u{E007}" : "\u{E008}\u{E007}\u{E008}"
                try await browser.type("one\(newLine)two", into: "#text")
                #expect(try await browser.run("return \(field).value + said.length") == "one\ntwo1")
                try await browser.type(isTouch ? "\u{E009}\u{E007}\u{E009}" : "\u{E007}", into: "#text")
                #expect(try await browser.run("return said.at(-1).message") == "one\ntwo")
            }
        }

        @Test(arguments: [("de-DE", false), ("en-US", true), ("en-GB", false)])
        func clockIsThatOfTheReadersLanguage(_ language: String, _ hasHalves: Bool) async throws {
            let script = "Object.defineProperty(navigator, 'languages', { get: () => ['en-US@posix', '\(language)'] });"
            try await HTTPBrowserFixture.page(script) { browser in
                let clock: String = try await browser.run(
                    """
                    welcome(1); server(message(1, "a", { time: new Date(2016, 7, 8, 17, 20).toISOString() }));
                    return document.querySelector("#log time").textContent;
                    """)
                #expect(clock.contains("PM") == hasHalves)
                #expect(clock.contains("17:20") == !hasHalves)
                #expect(try await browser.run("return document.querySelector('#log time').lang") == language)
            }
        }

        @Test func namesHaveManyColours() async throws {
            try await HTTPBrowserFixture.page { browser in
                let colours: Int = try await browser.run(
                    """
                    welcome(50);
                    for (let seq = 1; seq <= 50; seq++) server(message(seq, "a", { user: "user" + seq }));
                    return new Set([...document.querySelectorAll("#log .name")].map((each) => getComputedStyle(each).color)).size;
                    """)
                #expect(colours > 30)
            }
        }

        @Test func changedSessionIsShown() async throws {
            try await HTTPBrowserFixture.page { browser in
                let _: String? = try await browser.run(
                    "welcome(0); server({ session: { user: 'anna', role: 'reader' } })")
                let who = "document.querySelector('#who').textContent + \(field).disabled"
                #expect(try await browser.run("return \(who)") == "Room 7 · annatrue")
                let _: String? = try await browser.run("server({ session: { user: 'anna', role: 'member' } })")
                #expect(try await browser.run("return \(who)") == "Room 7 · annafalse")
            }
        }
    }
}
