import TestKit
import Testing

/// A running server with two people's sessions in room 0, and a driver to open browsers for them.
struct BrowserFixture {
    static let ann = "key-of-ann"
    static let bob = "key-of-bob"

    let app: AppProcess
    let driver: BrowserDriver
    let site: String

    /// - Parameter settings: further members of `site_conf.json`, as JSON text that begins with a comma.
    static func run(_ settings: String = "", _ body: (BrowserFixture) async throws -> Void) async throws {
        let app = try await AppProcess.start(settings)
        do {
            try await app.sql("insert into sessions values('\(ann)', 'Ann Lee', 0), ('\(bob)', 'Bob Žižka', 0)")
            let site = "http://127.0.0.1:\(await app.htmlPort)"
            try await BrowserDriver.run { try await body(BrowserFixture(app: app, driver: $0, site: site)) }
        } catch {
            await app.kill()
            throw error
        }
        #expect(try await app.terminate() == 0)
    }

    /// Opens the chat for a session and waits until it is connected.
    func join(_ key: String, _ body: (Browser) async throws -> Void) async throws {
        try await driver.browse { browser in
            try await open(key, in: browser)
            try await browser.wait(until: "document.querySelector('#state').dataset.state === 'open'")
            try await body(browser)
        }
    }

    func open(_ key: String, in browser: Browser) async throws {
        try await browser.open("\(site)/chat?session_key=\(key)")
    }
}

extension Browser {
    /// Writes a message and presses Enter.
    func say(_ text: String) async throws {
        try await type(text + "\u{E007}", into: "#text")
    }

    /// Waits for a message and for no own message to be on its way.
    func see(_ text: String) async throws {
        try await wait(
            until: """
                document.querySelectorAll("#outgoing li").length === 0
                && [...document.querySelectorAll("#log .text")].some((each) => each.textContent === arguments[0])
                """, [text])
    }

    /// The texts in the log, from the oldest to the newest.
    func texts() async throws -> [String] {
        try await run("return [...document.querySelectorAll('#log .text')].map((each) => each.textContent)")
    }
}
