import Foundation
import TestKit
import Testing

/// People in real browsers, on the real server.
@Suite(.serialized, .timeLimit(.minutes(5))) struct BrowserTests {
    @Test func twoPeopleChat() async throws {
        try await BrowserFixture.run { chat in
            try await chat.join(BrowserFixture.ann) { ann in
                try await chat.join(BrowserFixture.bob) { bob in
                    try await ann.say("Hello Bob")
                    try await bob.see("Hello Bob")
                    try await bob.say("Hello Ann")
                    try await ann.see("Hello Ann")
                    for browser in [ann, bob] { #expect(try await browser.texts() == ["Hello Bob", "Hello Ann"]) }
                    #expect(
                        try await ann.run("return document.querySelector('#log .own .text').textContent") == "Hello Bob"
                    )
                    #expect(try await bob.run("return document.querySelector('#log .name').textContent") == "Ann Lee")
                    for browser in [ann, bob] { #expect(try await browser.console() == []) }
                }
            }
        }
    }

    @Test func ownMessageIsSendingThenStored() async throws {
        try await BrowserFixture.run { chat in
            try await chat.join(BrowserFixture.ann) { ann in
                let _: String? = try await ann.run(
                    """
                    window.states = [];
                    const note = () => document.querySelectorAll("[data-state]:is(.message)").forEach(({ dataset }) =>
                        states.at(-1) === dataset.state || states.push(dataset.state));
                    new MutationObserver(note).observe(document.querySelector("main"), { subtree: true, childList: true });
                    """)
                try await ann.say("Is it there?")
                try await ann.see("Is it there?")
                #expect(try await ann.run("return states") == ["sending", "stored"])
            }
        }
    }

    @Test func reloadShowsHistory() async throws {
        try await BrowserFixture.run { chat in
            try await chat.join(BrowserFixture.ann) { ann in
                for text in ["one", "two", "three"] { try await ann.say(text) }
                try await ann.see("three")
                try await ann.reload()
                try await ann.see("three")
                #expect(try await ann.texts() == ["one", "two", "three"])
            }
        }
    }

    @Test func restartOfTheServerLosesAndDoublesNothing() async throws {
        try await BrowserFixture.run { chat in
            try await chat.join(BrowserFixture.ann) { ann in
                try await chat.join(BrowserFixture.bob) { bob in
                    try await ann.say("before")
                    try await bob.see("before")
                    await chat.app.kill()
                    try await ann.wait(until: "document.querySelector('#state').dataset.state === 'reconnecting'")
                    try await ann.say("meanwhile 1")
                    try await ann.say("meanwhile 2")
                    try await bob.say("from Bob")
                    #expect(try await ann.run("return document.querySelectorAll('#outgoing li').length") == 2)
                    try await chat.app.restart()
                    for browser in [ann, bob] {
                        for text in ["meanwhile 1", "meanwhile 2", "from Bob"] { try await browser.see(text) }
                    }
                    try await ann.say("after")
                    for browser in [ann, bob] { try await browser.see("after") }
                    let texts = try await ann.texts()
                    #expect(try await bob.texts() == texts)
                    #expect(texts.sorted() == ["after", "before", "from Bob", "meanwhile 1", "meanwhile 2"])
                    #expect(texts.filter { $0.hasPrefix("meanwhile") } == ["meanwhile 1", "meanwhile 2"])
                }
            }
        }
    }

    @Test(arguments: [
        "<img src=x onerror=document.title='broken'>", "</script><script>document.title='broken'</script>", "&lt;b&gt;",
    ])
    func markupStaysText(_ text: String) async throws {
        try await BrowserFixture.run { chat in
            try await chat.join(BrowserFixture.ann) { ann in
                try await ann.say(text)
                try await ann.see(text)
                try await ann.reload()
                try await ann.see(text)
                #expect(try await ann.run("return document.title") == "Chat")
                #expect(try await ann.run("return document.querySelectorAll('#log :is(img, script, b)').length") == 0)
            }
        }
    }

    @Test func invalidSessionIsShown() async throws {
        try await BrowserFixture.run { chat in
            try await chat.driver.browse { browser in
                try await chat.open("nobody's", in: browser)
                try await browser.wait(until: "document.querySelector('#ended').dataset.reason === 'invalid_session'")
                let title = "document.querySelector('#ended h2').textContent"
                #expect(try await browser.run("return \(title)") == "Your session is not valid")
            }
        }
    }

    @Test func revokedSessionIsShown() async throws {
        try await BrowserFixture.run { chat in
            try await chat.join(BrowserFixture.bob) { bob in
                try await chat.app.sql("delete from sessions where session_key = '\(BrowserFixture.bob)'")
                try await bob.wait(until: "document.querySelector('#ended').dataset.reason === 'revoked'")
            }
        }
    }

    @Test func renamedPersonGoesOn() async throws {
        try await BrowserFixture.run { chat in
            try await chat.join(BrowserFixture.ann) { ann in
                try await ann.say("as Ann")
                try await ann.see("as Ann")
                let change = "update sessions set user_name = 'Anna', role = ROLE where session_key = 'key-of-ann'"
                try await chat.app.sql(change.replacing("ROLE", with: "'member'"))
                try await ann.wait(until: "document.querySelector('#who').textContent.endsWith('Anna')")
                try await ann.say("as Anna")
                try await ann.see("as Anna")
                #expect(try await ann.run("return document.querySelectorAll('#log .own').length") == 2)
                try await chat.app.sql(change.replacing("ROLE", with: "'reader'"))
                try await ann.wait(until: "document.querySelector('#text').disabled")
            }
        }
    }

    @Test func textTooLongForThisServerStaysInTheField() async throws {
        try await BrowserFixture.run(#", "limits": {"message_bytes_max": 300}"#) { chat in
            try await chat.join(BrowserFixture.ann) { ann in
                let long = String(repeating: "x", count: 300)
                try await ann.say(long)
                try await ann.wait(
                    until: "document.querySelector('#problem').textContent.includes('this server takes 300')")
                #expect(try await ann.run("return document.querySelector('#text').value") == long)
                try await ann.reload()
                try await ann.wait(until: "document.querySelector('#state').dataset.state === 'open'")
                #expect(try await ann.run("return document.querySelector('#text').value") == long)
                #expect(try await ann.run("return document.querySelectorAll('#outgoing li').length") == 0)
            }
        }
    }

    @Test func messagesThatWaitSurviveARestartAndAReload() async throws {
        try await BrowserFixture.run { chat in
            try await chat.join(BrowserFixture.ann) { ann in
                try await ann.say("before")
                try await ann.see("before")
                await chat.app.kill()
                try await ann.wait(until: "document.querySelector('#state').dataset.state === 'reconnecting'")
                try await ann.say("meanwhile")
                // Another page in between, so that the script that waits is gone when the server is back.
                try await ann.open("about:blank")
                try await chat.app.restart()
                try await ann.open("\(chat.site)/chat")
                try await ann.see("meanwhile")
                #expect(try await ann.texts() == ["before", "meanwhile"])
            }
        }
    }

    @Test func keyIsNeitherInTheAddressNorInMarkup() async throws {
        try await BrowserFixture.run { chat in
            try await chat.join(BrowserFixture.ann) { ann in
                #expect(try await ann.address() == "\(chat.site)/chat")
                let source = try await ann.source()
                #expect(!source.contains(BrowserFixture.ann))
                let addresses = "performance.getEntriesByType('resource').map((each) => each.name).join(' ')"
                let loaded: String = try await ann.run("return \(addresses)")
                #expect(!loaded.contains(BrowserFixture.ann))
            }
        }
    }

    /// Draws the picture of the README; only when `CHAT_SCREENSHOT` names the file to write.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["CHAT_SCREENSHOT"] != nil))
    func screenshot() async throws {
        let file = try #require(ProcessInfo.processInfo.environment["CHAT_SCREENSHOT"])
        try await BrowserFixture.run { chat in
            try await chat.join(BrowserFixture.ann) { ann in
                try await chat.join(BrowserFixture.bob) { bob in
                    for (browser, text) in [
                        (bob, "Good morning! Did the release go out?"), (ann, "Yes, last night at 23:40. All green."),
                        (bob, "Great work."), (bob, "Shall we tell the others?"),
                        (ann, "Please do. <b>Markup</b> stays text here, and שלום is written from the right."),
                    ] {
                        try await browser.say(text)
                        try await ann.see(text)
                    }
                    try Data(try await ann.screenshot()).write(to: URL(fileURLWithPath: file))
                }
            }
        }
    }
}
