import TestKit
import Testing

extension InBrowser {
    /// What a person has written at the page is not lost.
    @Suite(.serialized, .timeLimit(.minutes(2))) struct HTTPChatTextTests {
        private let field = "document.querySelector('#text')"

        private func reload(_ browser: Browser) async throws {
            try await browser.reload()
            try await browser.wait(until: "document.documentElement.dataset.said == 1")
        }

        @Test func textThatIsTooLongStaysWithAHint() async throws {
            try await HTTPBrowserFixture.page { browser in
                let _: String? = try await browser.run("welcome(0, { message_bytes_max: 200 })")
                try await browser.type(String(repeating: "é", count: 90) + "\u{E007}", into: "#text")
                try await browser.wait(until: "document.querySelector('#problem').textContent.includes('too long')")
                #expect(try await browser.run("return \(field).value.length") == 90)
                #expect(try await browser.run("return said.length") == 1)
                try await browser.type("\u{E003}", into: "#text")
                #expect(try await browser.run("return document.querySelector('#problem').textContent") == "")
            }
        }

        @Test func draftSurvivesAReload() async throws {
            try await HTTPBrowserFixture.page { browser in
                let _: String? = try await browser.run("welcome(0)")
                try await browser.type("half a sen", into: "#text")
                try await reload(browser)
                #expect(try await browser.run("return \(field).value") == "half a sen")
                let _: String? = try await browser.run("welcome(0)")
                try await browser.type("tence\u{E007}", into: "#text")
                #expect(try await browser.run("return said.at(-1).message") == "half a sentence")
                let _: String? = try await browser.run("server(message(1, 'x', { user: 'ann', id: said.at(-1).id }))")
                try await reload(browser)
                #expect(try await browser.run("return \(field).value") == "")
            }
        }

        @Test func pendingMessageSurvivesAReloadAndSettlesOnce() async throws {
            try await HTTPBrowserFixture.page { browser in
                let _: String? = try await browser.run("welcome(0)")
                try await browser.type("on its way\u{E007}", into: "#text")
                let id: String = try await browser.run("return said.at(-1).id")
                try await reload(browser)
                try await browser.wait(until: "document.querySelector('#outgoing .text')?.textContent === 'on its way'")
                let _: String? = try await browser.run("welcome(0)")
                #expect(try await browser.run("return said.slice(1).map((each) => each.id)") == [id])
                let _: String? = try await browser.run(
                    "server(message(1, 'on its way', { user: 'ann', id: arguments[0] }))", [id])
                #expect(try await browser.run("return texts()") == ["on its way"])
                #expect(try await browser.run("return document.querySelectorAll('#outgoing li').length") == 0)
                try await reload(browser)
                #expect(try await browser.run("return document.querySelectorAll('#outgoing li').length") == 0)
            }
        }

        @Test func failedMessageSurvivesAReloadAndCanBeEdited() async throws {
            try await HTTPBrowserFixture.page { browser in
                let _: String? = try await browser.run("welcome(0)")
                try await browser.type("refused\u{E007}", into: "#text")
                let _: String? = try await browser.run("server({ error: { code: 'muted', id: said.at(-1).id } })")
                try await reload(browser)
                let _: String? = try await browser.run("welcome(0)")
                try await browser.wait(until: "document.querySelector('#outgoing').innerText.includes('you are muted')")
                #expect(try await browser.run("return said.length") == 1)
                try await browser.type("draft", into: "#text")
                try await browser.click("#outgoing button:nth-of-type(2)")
                #expect(try await browser.run("return \(field).value") == "draft\nrefused")
                #expect(try await browser.run("return document.querySelectorAll('#outgoing li').length") == 0)
            }
        }

        @Test func revocationLeavesWhatWasWritten() async throws {
            try await HTTPBrowserFixture.page { browser in
                let _: String? = try await browser.run("welcome(0)")
                try await browser.type("on its way\u{E007}", into: "#text")
                try await browser.type("half a sen", into: "#text")
                let _: String? = try await browser.run("socket.onclose({ code: 4403, reason: '' })")
                for reason in ["revoked", "no_session"] {
                    try await browser.wait(until: "document.querySelector('#ended').dataset.reason === '\(reason)'")
                    let seen: [String] = try await browser.run(
                        """
                        return [\(field).value, \(field).readOnly, \(field).disabled, \(field).checkVisibility(),
                            document.querySelector("#outgoing .text").textContent,
                            document.querySelector("#outgoing .text").checkVisibility(),
                            [...document.querySelectorAll("button")].filter((each) => each.checkVisibility())
                                .map((each) => each.textContent)].map(String);
                        """)
                    #expect(seen == ["half a sen", "true", "false", "true", "on its way", "true", "Discard"])
                    try await browser.reload()
                }
            }
        }

        @Test func anotherSessionOfTheTabSeesNoneOfIt() async throws {
            try await HTTPBrowserFixture.page { browser in
                let _: String? = try await browser.run("welcome(0)")
                try await browser.type("on its way\u{E007}", into: "#text")
                try await browser.type("half a sen", into: "#text")
                let page = try await browser.address()
                for (key, draft, rows) in [("other", "", 0), ("top-secret", "half a sen", 1)] {
                    try await browser.open("\(page)?session_key=\(key)")
                    try await browser.wait(until: "document.documentElement.dataset.said == 1")
                    #expect(try await browser.run("return \(field).value") == draft)
                    #expect(try await browser.run("return document.querySelectorAll('#outgoing li').length") == rows)
                }
                let names: [String] = try await browser.run("return Object.keys(sessionStorage)")
                #expect(!names.joined().contains("top-secret"))
            }
        }

        @Test func closeForATooLongMessageLosesNothing() async throws {
            try await HTTPBrowserFixture.page { browser in
                let _: String? = try await browser.run("welcome(0)")
                try await browser.type("far too long\u{E007}", into: "#text")
                try await browser.type("draft", into: "#text")
                let _: String? = try await browser.run("socket.onclose({ code: 1009, reason: '' })")
                try await browser.wait(until: "document.querySelector('#outgoing').innerText.includes('too long')")
                try await browser.wait(until: "sockets === 2 && document.documentElement.dataset.said == 3")
                let _: String? = try await browser.run("welcome(0, { resumed: true })")
                try await browser.click("#outgoing button:first-of-type")
                try await browser.wait(until: "document.querySelector('#problem').textContent.includes('too long')")
                #expect(
                    try await browser.run("return document.querySelector('#outgoing .text').textContent")
                        == "far too long")
                #expect(try await browser.run("return \(field).value") == "draft")
                #expect(try await browser.run("return document.querySelector('#state').dataset.state") == "open")
            }
        }

        @Test func connectAgainKeepsDraftAndPending() async throws {
            try await HTTPBrowserFixture.page { browser in
                let _: String? = try await browser.run("welcome(0)")
                try await browser.type("on its way\u{E007}", into: "#text")
                try await browser.type("draft", into: "#text")
                let id: String = try await browser.run("return said.at(-1).id")
                let _: String? = try await browser.run("socket.onclose({ code: 4409, reason: '' })")
                try await browser.wait(until: "document.querySelector('#outgoing').innerText.includes('Not confirmed')")
                try await browser.click("#ended button")
                try await browser.wait(until: "document.documentElement.dataset.said == 3")
                let _: String? = try await browser.run("welcome(0, { resumed: true })")
                #expect(try await browser.run("return said.at(-1).id") == id)
                #expect(
                    try await browser.run("return document.querySelector('#outgoing').innerText.includes('sending')")
                        == true)
                #expect(try await browser.run("return \(field).value + \(field).readOnly") == "draftfalse")
                #expect(try await browser.run("return document.querySelector('#ended').checkVisibility()") == false)
            }
        }

        @Test(arguments: ["setItem() { throw new DOMException('full', 'QuotaExceededError'); }", ""])
        func browserAsksBeforeItLosesWhatTheStorageCannotHold(_ setItem: String) async throws {
            let script = setItem.isEmpty ? "" : "Storage.prototype.setItem = function \(setItem);"
            try await HTTPBrowserFixture.page(script) { browser in
                let asks =
                    "const leave = new Event('beforeunload', { cancelable: true }); dispatchEvent(leave); return leave.defaultPrevented"
                let _: String? = try await browser.run("welcome(0)")
                #expect(try await browser.run(asks) == false)
                try await browser.type("draft", into: "#text")
                #expect(try await browser.run(asks) == !setItem.isEmpty)
                try await browser.type("\u{E007}", into: "#text")
                #expect(try await browser.run(asks) == !setItem.isEmpty)
                let _: String? = try await browser.run(
                    "server(message(1, 'draft', { user: 'ann', id: said.at(-1).id }))")
                #expect(try await browser.run(asks) == false)
            }
        }

        @Test func tooManyFailedMessagesAreSaidBeforeOneIsLost() async throws {
            try await HTTPBrowserFixture.page { browser in
                let _: String? = try await browser.run(
                    """
                    welcome(0);
                    const field = \(field);
                    for (let i = 0; i < 100; i++) {
                        field.value = "text " + i;
                        document.querySelector("form").requestSubmit();
                        server({ error: { code: "muted", id: said.at(-1).id } });
                    }
                    field.value = "one more";
                    document.querySelector("form").requestSubmit();
                    """)
                try await browser.wait(until: "document.querySelector('#problem').textContent.startsWith('Too many')")
                #expect(try await browser.run("return said.length + ' ' + \(field).value") == "101 one more")
                #expect(try await browser.run("return document.querySelectorAll('#outgoing li').length") == 100)
            }
        }
    }
}
