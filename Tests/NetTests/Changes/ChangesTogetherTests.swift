internal import Rooms
internal import TestKit
internal import Testing

@testable internal import Net

extension InBrowser {
    /// Two people in real browsers on a real server, whose store is in memory.
    @Suite(.serialized, .timeLimit(.minutes(2))) struct ChangesTogetherTests {
        private static let (enter, up, end, back) = ("\u{E007}", "\u{E013}", "\u{E010}", "\u{E008}\u{E004}\u{E008}")
        /// What a row says, without its time.
        private static let rows = """
            [...document.querySelectorAll("#log .message")].map((each) => [".quote", ".text", ".reactions", ".mark"]
                .map((part) => each.querySelector(part)?.textContent.trim() ?? "").join("|"))
            """

        private func join(
            _ key: String, _ driver: BrowserDriver, _ site: String, _ body: (Browser) async throws -> Void
        ) async throws {
            try await driver.browse { browser in
                try await browser.open("\(site)/chat?session_key=\(key)")
                try await browser.wait(until: "document.querySelector('#state').dataset.state === 'open'")
                let _: String? = try await browser.run("document.querySelector('#text').focus()")
                try await body(browser)
                #expect(try await browser.console() == [])
            }
        }

        private func see(_ rows: [String], in browsers: Browser...) async throws {
            for browser in browsers {
                let shown = rows.map { $0.replacing(#"""#, with: #"\""#) }.map { "\"\($0)\"" }.joined(separator: ",")
                try await browser.wait(until: "JSON.stringify(\(Self.rows)) === JSON.stringify([\(shown)])")
            }
        }

        @Test func eachSeesWhatTheOtherChangesAndAReloadChangesNothing() async throws {
            try await TestServer.run { server in
                let address = WebSocketAddress.url("ws://127.0.0.1:\(server.port)/")
                try await HTTPBrowserFixture.drive(address) { driver, site in
                    try await join("alice", driver, site) { alice in
                        try await join("bob", driver, site) { bob in
                            try await alice.press("secret" + Self.enter)
                            try await see(["|secret||✓ stored"], in: alice)
                            try await see(["|secret||"], in: bob)
                            // Alice edits, Bob reacts and replies, all from the text field on.
                            try await alice.press(Self.up + "\u{E009}a\u{E009}public" + Self.enter)
                            try await see(["|public||(edited)"], in: bob)
                            try await bob.press(Self.back + Self.enter + Self.enter)
                            try await see(["|public|👍 1|(edited) ✓ stored"], in: alice)
                            try await bob.press(Self.enter + Self.end + Self.enter + "yes" + Self.enter)
                            try await see(
                                ["|public|👍 1|(edited) ✓ stored", "Alicepublic|yes||"], in: alice)
                            for browser in [alice, bob] {
                                let before: [String] = try await browser.run("return \(Self.rows)")
                                try await browser.reload()
                                try await see(before, in: browser)
                            }
                            // Alice deletes hers.
                            let _: String? = try await alice.run("document.querySelector('#text').focus()")
                            try await alice.press(
                                Self.back + Self.up + Self.enter + Self.end + Self.enter + Self.enter)
                            let deleted = ["|Message deleted||", "AliceMessage deleted|yes||"]
                            try await see(deleted, in: alice)
                            try await see([deleted[0], deleted[1] + "✓ stored"], in: bob)
                            for browser in [alice, bob] {
                                let before: [String] = try await browser.run("return \(Self.rows)")
                                try await browser.reload()
                                try await see(before, in: browser)
                                #expect(try await !browser.source().contains("public"))
                            }
                        }
                    }
                }
            }
        }
    }
}
