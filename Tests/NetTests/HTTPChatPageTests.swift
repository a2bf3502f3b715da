import TestKit
import Testing

extension InBrowser {
    /// The page as its reader sees it, in a real browser, on a scripted WebSocket.
    @Suite(.serialized, .timeLimit(.minutes(2))) struct HTTPChatPageTests {
        private func page(_ body: (Browser) async throws -> Void) async throws {
            try await HTTPBrowserFixture.page("", body)
        }

        @Test func keyIsSaidOnceAndShownNowhere() async throws {
            try await page { browser in
                #expect(try await browser.run("return JSON.stringify(said)") == #"[{"session_key":"top-secret"}]"#)
                #expect(
                    try await browser.run("return socketURL.href", as: String.self).hasSuffix(
                        ":1/?events=session%2Cchanges"))
                #expect(try await browser.address().hasSuffix("/chat"))
                #expect(try await !browser.source().contains("top-secret"))
                try await browser.reload()
                try await browser.wait(until: "document.documentElement.dataset.said == 1")
                #expect(try await browser.run("return JSON.stringify(said)") == #"[{"session_key":"top-secret"}]"#)
            }
        }

        @Test func messagesAreShownAsTextWithNameAndTime() async throws {
            let evil = "<img src=x onerror=alert(1)></script><b>"
            try await page { browser in
                let row: [String] = try await browser.run(
                    """
                    welcome(2);
                    server(message(1, arguments[0], { user: arguments[0] }), message(2, "mine", { user: "ann" }));
                    const row = document.querySelector("#log li");
                    return [row.querySelector(".text").textContent, row.querySelector(".name").textContent,
                        row.querySelector("time").dateTime, String(document.querySelectorAll("#log img, #log b").length),
                        String(document.querySelectorAll("#log .own").length), document.querySelector("#who").textContent,
                        row.querySelector("time").title.includes("2016") ? "dated" : "", row.querySelector(".text").dir];
                    """, [evil])
                #expect(row == [evil, evil, "2016-08-08T17:20:32.421Z", "0", "1", "Room 7 · ann", "dated", "auto"])
                try await browser.wait(until: "document.querySelector('#live').getAttribute('aria-busy') === 'false'")
            }
        }

        @Test func ownMessageGoesFromSendingToStoredOrFailed() async throws {
            try await page { browser in
                let _: String? = try await browser.run("welcome(0)")
                try await browser.type("hello\u{E007}", into: "#text")
                try await browser.wait(
                    until: "document.querySelector('#outgoing [data-state=sending] .text').textContent === 'hello'")
                let _: String? = try await browser.run(
                    "server(message(1, 'hello', { user: 'ann', id: said.at(-1).id }))")
                try await browser.wait(until: "document.querySelectorAll('#outgoing li').length === 0")
                #expect(try await browser.run("return document.querySelector('#log .own').dataset.state") == "stored")
                let beginning = "document.querySelector('#beginning').innerText"
                #expect(try await browser.run("return \(beginning)") == "This is where the conversation begins.")

                try await browser.type("no\u{E007}", into: "#text")
                let _: String? = try await browser.run("server({ error: { code: 'muted', id: said.at(-1).id } })")
                try await browser.wait(until: "document.querySelector('#outgoing').innerText.includes('you are muted')")
                try await browser.click("#outgoing button:first-of-type")
                try await browser.wait(
                    until: "said.length === 4 && said[3].message === 'no' && said[3].id === said[2].id")
            }
        }

        @Test(arguments: [(4401, "Your session is not valid"), (4403, "Your session was ended")])
        func endingIsExplainedAndNotTriedAgain(_ code: Int, _ title: String) async throws {
            try await page { browser in
                let _: String? = try await browser.run("welcome(0); socket.onclose({ code: \(code), reason: '' })")
                try await browser.wait(
                    until: "document.querySelector('#ended').innerText.includes(arguments[0])", [title])
                #expect(try await browser.run("return document.querySelector('form').checkVisibility()") == false)
                try await browser.reload()
                try await browser.wait(until: "document.querySelector('#ended').dataset.reason === 'no_session'")
            }
        }

        @Test func lostConnectionIsToldUntilItIsBack() async throws {
            try await page { browser in
                let _: String? = try await browser.run(
                    "welcome(1); server(message(1, 'a')); window.old = socket; socket.onclose({ code: 1006, reason: '' })"
                )
                try await browser.wait(until: "document.querySelector('#state').dataset.state === 'reconnecting'")
                try await browser.wait(until: "document.documentElement.dataset.said == 2")
                let _: String? = try await browser.run("welcome(2, { resumed: true }); server(message(2, 'b'))")
                try await browser.wait(until: "document.querySelector('#state').dataset.state === 'open'")
                #expect(try await browser.run("return texts().join(' ')") == "a b")
                #expect(try await browser.run("return socketURL.search") == "?after=1&epoch=e&events=session%2Cchanges")
            }
        }

        @Test func olderMessagesComeOnTopAndTheViewStays() async throws {
            try await page { browser in
                let _: String? = try await browser.run("welcome(200); server(...run(101, 200))")
                try await browser.wait(until: "!document.querySelector('#older').hidden")
                #expect(try await browser.run("return said.length") == 1)
                let _: String? = try await browser.run("document.querySelector('#scroller').scrollTop = 0")
                try await browser.wait(until: "document.documentElement.dataset.said == 2")
                let moved: Double = try await browser.run(
                    """
                    const top = () => document.querySelector("[data-seq='101']").getBoundingClientRect().top;
                    const before = top();
                    server({ history: run(1, 100), more: false });
                    return new Promise((resolve) => setTimeout(() => resolve(Math.abs(top() - before))));
                    """)
                // Its day heading has moved to the first of the older messages.
                #expect(moved < 80)
                #expect(try await browser.run("return texts().length + texts()[0] + texts().at(-1)") == "200m1m200")
                #expect(try await browser.run("return document.querySelector('#beginning').checkVisibility()") == true)
            }
        }

        @Test func readerWhoScrolledUpIsNotMovedButTold() async throws {
            try await page { browser in
                let _: String? = try await browser.run("welcome(60); server(...run(1, 60))")
                try await browser.wait(until: "below() < 2")
                let _: String? = try await browser.run("document.querySelector('#scroller').scrollTop = 100")
                try await browser.wait(until: "!document.querySelector('#newest').hidden")
                let _: String? = try await browser.run("server(message(61, 'news'))")
                try await browser.wait(until: "document.querySelector('#newest').innerText.includes('1 new message')")
                #expect(try await browser.run("return document.querySelector('#scroller').scrollTop") == 100)
                try await browser.click("#newest")
                try await browser.wait(until: "document.querySelector('#newest').hidden")
            }
        }
    }
}
