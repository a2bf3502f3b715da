import Foundation
import NIOCore
import NIOHTTP1
import Subprocess

/// A `chromedriver` process that starts browsers and controls them with the W3C WebDriver protocol.
package struct BrowserDriver: Sendable {
    /// What went wrong with a browser.
    package enum Failure: Error, CustomStringConvertible {
        /// chromedriver ended before it reported the port on which it listens; with what it printed.
        case notStarted(String)
        /// chromedriver rejected a command, with its error message.
        case command(String)

        /// The error message.
        package var description: String {
            switch self {
            case .notStarted(let printed): "chromedriver ended when it was started, and printed: \(printed)"
            case .command(let words): words
            }
        }
    }

    private struct Answer<Value: Decodable>: Decodable {
        var value: Value
    }

    private struct Session: Decodable {
        var sessionId: String
    }

    private struct Trouble: Decodable {
        var error: String
        var message: String
    }

    private let port: Int

    /// Starts of chromedriver that are tried before the test fails.
    private static let startsMax = 5

    /// Runs chromedriver on a free port during `body`; its browsers end with it.
    ///
    /// chromedriver takes a free port of one address family and ends when another process has that port in the other
    /// family ("IPv6 port not available"). It is started again then.
    package static func run<Result: Sendable>(_ body: (BrowserDriver) async throws -> Result) async throws -> Result {
        for _ in 1..<startsMax {
            do {
                return try await runOnce(body)
            } catch Failure.notStarted {
                continue
            }
        }
        return try await runOnce(body)
    }

    private static func runOnce<Result: Sendable>(
        _ body: (BrowserDriver) async throws -> Result
    ) async throws -> Result {
        try await Subprocess.run(
            .name("chromedriver"), arguments: ["--port=0"], input: .none, output: .sequence, error: .discarded
        ) { execution in
            do {
                let driver = try await BrowserDriver(port: port(announcedIn: execution.standardOutput))
                let result = try await body(driver)
                await execution.teardown(using: [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))])
                return result
            } catch {
                await execution.teardown(using: [])
                throw error
            }
        }.closureResult
    }

    private init(port: Int) {
        self.port = port
    }

    /// The port that chromedriver reports.
    ///
    /// Throws ``Failure/notStarted(_:)`` with what chromedriver printed when it ended first.
    private static func port(announcedIn output: SubprocessOutputSequence) async throws -> Int {
        var printed = ""
        for try await line in output.strings() {
            if let match = line.firstMatch(of: /started successfully on port (\d+)/), let port = Int(match.1) {
                return port
            }
            printed += line + "\n"
        }
        throw Failure.notStarted(printed)
    }

    /// Opens a separate browser (headless, with a profile that is deleted afterwards) during `body`.
    package func browse<Result: Sendable>(
        width: Int = 1100, height: Int = 760, _ body: (Browser) async throws -> Result
    ) async throws -> Result {
        // Tests run as root in containers: the sandbox is not available, and shared memory is small.
        let arguments = [
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=\(width),\(height)",
        ]
        let capabilities: [String: Any] = [
            "goog:chromeOptions": ["args": arguments], "goog:loggingPrefs": ["browser": "ALL"],
            "timeouts": ["script": 30_000, "pageLoad": 30_000],
        ]
        let session: Session = try await post("/session", ["capabilities": ["alwaysMatch": capabilities]])
        let path = "/session/\(session.sessionId)"
        do {
            let result = try await body(Browser(driver: self, path: path))
            let _: String? = try await send(.DELETE, path)
            return result
        } catch {
            let _: String? = try? await send(.DELETE, path)
            throw error
        }
    }

    func get<Value: Decodable>(_ path: String) async throws -> Value {
        try await send(.GET, path)
    }

    func post<Value: Decodable>(_ path: String, _ body: [String: Any]) async throws -> Value {
        try await send(.POST, path, ByteBuffer(bytes: JSONSerialization.data(withJSONObject: body)))
    }

    private func send<Value: Decodable>(
        _ method: HTTPMethod, _ path: String, _ body: ByteBuffer = ByteBuffer()
    ) async throws -> Value {
        let response = try await BrowserExchange.run(method, port: port, path: path, body: body)
        let data = Data(response.body.readableBytesView)
        guard response.status == .ok else {
            let trouble = try JSONDecoder().decode(Answer<Trouble>.self, from: data).value
            throw Failure.command("\(trouble.error): \(trouble.message)")
        }
        return try JSONDecoder().decode(Answer<Value>.self, from: data).value
    }
}
