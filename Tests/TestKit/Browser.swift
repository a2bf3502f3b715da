import Foundation

/// A real browser with one page, used through the same input and output as by a person.
package struct Browser: Sendable {
    let driver: BrowserDriver
    let path: String

    /// Opens an address and waits until it is loaded.
    package func open(_ url: String) async throws {
        let _: String? = try await driver.post(path + "/url", ["url": url])
    }

    /// Runs a script in every page opened from now on, before the page's own scripts.
    package func prepare(_ script: String) async throws {
        let parameters = ["source": script]
        let _: [String: String] = try await driver.post(
            path + "/goog/cdp/execute",
            ["cmd": "Page.addScriptToEvaluateOnNewDocument", "params": parameters])
    }

    /// Loads the page again.
    package func reload() async throws {
        let _: String? = try await driver.post(path + "/refresh", [:])
    }

    /// The address in the address bar.
    package func address() async throws -> String {
        try await driver.get(path + "/url")
    }

    /// The current markup of the page in the browser.
    package func source() async throws -> String {
        try await driver.get(path + "/source")
    }

    /// Runs a script (the body of a function; `arguments` are strings) and returns its result.
    package func run<Value: Decodable>(
        _ script: String, _ arguments: [String] = [], as type: Value.Type = Value.self
    ) async throws -> Value {
        try await driver.post(path + "/execute/sync", ["script": script, "args": arguments])
    }

    /// Runs the body of an async function and returns its result.
    package func runAsync<Value: Decodable>(
        _ script: String, _ arguments: [String] = [], as type: Value.Type = Value.self
    ) async throws -> Value {
        let wrapped = """
            const done = arguments[arguments.length - 1];
            (async (...given) => { \(script) })(...[...arguments].slice(0, -1))
                .then((value) => done({ value: value ?? null }), (error) => done({ error: String(error) }));
            """
        let outcome: Outcome<Value> = try await driver.post(
            path + "/execute/async", ["script": wrapped, "args": arguments])
        if let error = outcome.error { throw BrowserDriver.Failure.command(error) }
        guard let value = outcome.value else { throw BrowserDriver.Failure.command("the script returned nothing") }
        return value
    }

    private struct Outcome<Value: Decodable>: Decodable {
        var value: Value?
        var error: String?
    }

    /// Waits until an expression is true in the page. It is evaluated again whenever the page changes.
    ///
    /// - Throws: after `seconds`, with the text of the page.
    package func wait(until condition: String, _ arguments: [String] = [], seconds: Int = 20) async throws {
        let shown: String = try await runAsync(
            """
            const holds = () => (\(condition));
            const late = \(seconds * 1000);
            return await new Promise((resolve) => {
                let watch;
                const finish = (text) => { watch?.disconnect(); clearTimeout(timer); resolve(text); };
                const timer = setTimeout(() => finish("page: " + document.body.innerText), late);
                const look = () => holds() && finish("");
                watch = new MutationObserver(look);
                watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
                look();
            });
            """, arguments)
        if !shown.isEmpty { throw BrowserDriver.Failure.command("not in time: \(condition) \(arguments)\n\(shown)") }
    }

    /// Types into an element, key by key.
    package func type(_ text: String, into selector: String) async throws {
        let _: String? = try await driver.post(try await element(selector) + "/value", ["text": text])
    }

    /// Presses keys where the focus is, one after the other; Shift and Control are pressed at the first time and let go at
    /// the second.
    package func press(_ keys: String) async throws {
        var held: Set<Character> = []
        let actions = keys.flatMap { key -> [[String: String]] in
            let (down, up) = (["type": "keyDown", "value": String(key)], ["type": "keyUp", "value": String(key)])
            guard key == "\u{E008}" || key == "\u{E009}" else { return [down, up] }
            return held.insert(key).inserted ? [down] : held.remove(key).map { _ in [up] } ?? []
        }
        let keyboard: [String: Any] = ["type": "key", "id": "keyboard", "actions": actions]
        let _: String? = try await driver.post(path + "/actions", ["actions": [keyboard]])
    }

    /// Clicks on an element.
    package func click(_ selector: String) async throws {
        let _: String? = try await driver.post(try await element(selector) + "/click", [:])
    }

    /// A screenshot as PNG.
    package func screenshot() async throws -> [UInt8] {
        let encoded: String = try await driver.get(path + "/screenshot")
        guard let data = Data(base64Encoded: encoded) else { throw BrowserDriver.Failure.command("no picture") }
        return [UInt8](data)
    }

    /// The console messages since the last call, including script errors and policy violations.
    package func console() async throws -> [String] {
        struct Entry: Decodable { var message: String }
        let entries: [Entry] = try await driver.post(path + "/se/log", ["type": "browser"])
        return entries.map(\.message)
    }

    private func element(_ selector: String) async throws -> String {
        let found: [String: String] = try await driver.post(
            path + "/element", ["using": "css selector", "value": selector])
        guard let id = found.values.first else { throw BrowserDriver.Failure.command("no element \(selector)") }
        return path + "/element/" + id
    }
}
