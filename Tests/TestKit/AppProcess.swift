package import Foundation
internal import Glibc
internal import Synchronization

/// The built `App serve` as a separate process with its own database, for black-box tests.
package actor AppProcess {
    /// Why the process cannot be used.
    package enum Failure: Error, CustomStringConvertible {
        /// It ended before it was ready; with its output.
        case notReady(String)

        /// The error message.
        package var description: String {
            switch self {
            case .notReady(let words): "App did not become ready:\n\(words)"
            }
        }
    }

    /// The libpq connection string of its database.
    package nonisolated let url: String
    /// The directory of its configuration and other files; removed by `terminate`.
    package nonisolated let directory: URL
    /// The port for WebSockets; the same after a restart.
    package private(set) var wsPort = 0
    /// The port of the page; the same after a restart.
    package private(set) var htmlPort = 0
    /// The port of health and metrics; the same after a restart.
    package private(set) var opsPort = 0
    /// Everything that it has written on stdout, one event on each line.
    package private(set) var log: [String] = []

    private var process = Process()
    private var reader: LogReader?
    /// The process that has replaced `process` in a rolling restart.
    private var successor: Int32?
    private var hasEnded = false
    private let settings: String
    private let servers: String?
    private let options: [String]
    private let command: String
    private let descriptorsMax: Int?
    private var waiting: [(matches: @Sendable (String) -> Bool, CheckedContinuation<String?, Never>)] = []

    /// The built program, in the directory of the test program.
    package static var executable: URL {
        (Bundle.main.executableURL ?? Bundle.main.bundleURL).deletingLastPathComponent().appending(path: "App")
    }

    /// Starts a server on a fresh database and free ports.
    ///
    /// - Parameters:
    ///   - settings: further members of `site_conf.json`, as JSON text that begins with a comma; empty for none.
    ///   - url: the database; nil for a fresh one.
    ///   - servers: `ws_server`, `html_server` and `ops_server` as JSON members; nil for free ports of 127.0.0.1.
    ///   - options: further arguments of `serve`.
    ///   - descriptorsMax: the limit of its file descriptors, which it cannot raise; nil for the limit of the tests.
    package static func start(
        _ settings: String = "", url: String? = nil, servers: String? = nil, options: [String] = [],
        descriptorsMax: Int? = nil
    ) async throws -> AppProcess {
        var database = url
        if database == nil { database = try await PostgresFixture.shared.database() }
        let app = try AppProcess(
            url: database ?? "", settings: settings, servers: servers, options: options,
            descriptorsMax: descriptorsMax)
        do { try await app.launch() } catch {
            if await app.process.isRunning { _ = await app.stop(SIGKILL) }
            try? FileManager.default.removeItem(at: app.directory)
            throw error
        }
        return app
    }

    /// Starts `App echo` on a free port.
    ///
    /// - Parameter options: its further arguments.
    package static func echo(_ options: [String] = []) async throws -> AppProcess {
        let app = try AppProcess(
            url: "", settings: "", servers: nil, options: ["--port", "0"] + options, command: "echo")
        try await app.launch()
        return app
    }

    private init(
        url: String, settings: String, servers: String?, options: [String], command: String = "serve",
        descriptorsMax: Int? = nil
    ) throws {
        self.command = command
        self.descriptorsMax = descriptorsMax
        self.url = url
        self.settings = settings
        self.servers = servers
        self.options = options
        directory = FileManager.default.temporaryDirectory.appending(path: "roomcast-app-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    /// Runs SQL in its database and returns the rows, with fields separated by `|`.
    @discardableResult
    package nonisolated func sql(_ text: String) async throws -> [String] { try await SQL(url).run(text) }

    /// The process id of the current server.
    package var pid: Int32 { successor ?? process.processIdentifier }

    /// Sends SIGTERM, waits for the process to exit and removes its files; returns the exit code.
    @discardableResult
    package func terminate() async throws -> Int32 {
        let code = await stop(SIGTERM)
        try? FileManager.default.removeItem(at: directory)
        return code
    }

    /// Ends the process with SIGKILL, to simulate a crash.
    package func kill() async { _ = await stop(SIGKILL) }

    /// Sends a signal and waits for the process to exit; returns the exit code.
    ///
    /// The exit code of a successor cannot be read, because it is not a child process. The result is then 0 if its last
    /// line reports a clean stop, else -1.
    package func stop(_ signal: Int32) async -> Int32 {
        if let successor {
            Glibc.kill(successor, signal)
            let end = await wholeLog().last ?? ""
            _ = Self.running.withLock { $0.remove(successor) }
            self.successor = nil
            return end.contains("\"event\":\"stopped\"") ? 0 : -1
        }
        if process.isRunning { Glibc.kill(process.processIdentifier, signal) }
        return await exitCode()
    }

    /// Sends SIGUSR2 and waits until a new process has replaced the server, or has failed to; returns the log line of
    /// the outcome.
    package func roll() async -> String? {
        Glibc.kill(pid, SIGUSR2)
        return await nextLine { $0.contains("\"event\":\"restarted\"") || $0.contains("\"event\":\"restart_failed\"") }
    }

    /// Sends SIGHUP and waits for the reload; returns the log line of the outcome.
    package func reload() async -> String? {
        Glibc.kill(pid, SIGHUP)
        return await nextLine { $0.contains("\"event\":\"reloaded\"") || $0.contains("\"event\":\"reload_failed\"") }
    }

    /// Replaces part of the text of its configuration file.
    package nonisolated func reconfigure(_ piece: String, _ replacement: String) throws {
        let file = directory.appending(path: "site_conf.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        try text.replacing(piece, with: replacement).write(to: file, atomically: true, encoding: .utf8)
    }

    /// Waits until the process that was started first exits; returns the exit code.
    package func exitCode() async -> Int32 {
        let process = process
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                process.waitUntilExit()
                _ = Self.running.withLock { $0.remove(process.processIdentifier) }
                continuation.resume(returning: process.terminationStatus)
            }
        }
    }

    /// Starts it again on the same ports and database. If it runs, ends it first with SIGTERM.
    package func restart() async throws {
        if process.isRunning || successor != nil { _ = await stop(SIGTERM) }
        try await launch()
    }

    /// Stops reading its output after the current read; the pipe's capacity is 4 KiB from now on.
    package func stallLog() { reader?.stall() }

    /// Continues reading its output.
    package func resumeLog() { reader?.resume() }

    /// Waits for a log line that matches; earlier lines count too. Nil if the process ends first.
    package func line(where matches: @escaping @Sendable (String) -> Bool) async -> String? {
        if let line = log.first(where: matches) { return line }
        return await nextLine(where: matches)
    }

    /// Waits for the next log line that matches. Nil if the process ends first.
    package func nextLine(where matches: @escaping @Sendable (String) -> Bool) async -> String? {
        guard !hasEnded, !Task.isCancelled else { return nil }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiting.append((matches, $0)) }
        } onCancel: {
            // The test has exceeded its time limit: do not wait forever.
            Task { await self.giveUpWaiting() }
        }
    }

    /// Everything that it has written on stdout, after it has ended.
    package func wholeLog() async -> [String] {
        _ = await line { _ in false }
        return log
    }

    private var freeServers: String {
        """
        "ws_server": {"host": "127.0.0.1", "port": \(wsPort)},
        "html_server": {"host": "127.0.0.1", "port": \(htmlPort)},
        "ops_server": {"host": "127.0.0.1", "port": \(opsPort)}
        """
    }

    private func launch() async throws {
        let file = directory.appending(path: "site_conf.json")
        let json = """
            {"db_url": "\(url)",
             \(servers ?? freeServers)\(settings)}
            """
        try json.write(to: file, atomically: true, encoding: .utf8)
        log = []
        hasEnded = false
        successor = nil
        process = Process()
        process.executableURL = Self.executable
        process.arguments = [command] + (command == "serve" ? ["--config", file.path] : []) + options
        if let descriptorsMax {
            // prlimit executes the server with the same process id.
            process.arguments =
                ["--nofile=\(descriptorsMax):\(descriptorsMax)", Self.executable.path] + (process.arguments ?? [])
            process.executableURL = URL(filePath: "/usr/bin/prlimit")
        }
        process.currentDirectoryURL = URL(filePath: PostgresFixture.migrations).deletingLastPathComponent()
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        _ = Self.endsWithTheTests
        _ = Self.running.withLock { $0.insert(process.processIdentifier) }
        follow(output.fileHandleForReading, of: process.processIdentifier)
        guard let ready = await line(where: { $0.contains("\"event\":\"ready\"") }) else {
            throw Failure.notReady(log.joined(separator: "\n"))
        }
        wsPort = Self.number("ws_port", in: ready)
        htmlPort = Self.number("html_port", in: ready)
        opsPort = Self.number("ops_port", in: ready)
    }

    private static let running = Mutex<Set<Int32>>([])

    /// Stops the servers that failed tests have left running, when the tests end.
    private static let endsWithTheTests: Void = {
        atexit {
            let left = AppProcess.running.withLock { $0 }
            for pid in left { Glibc.kill(pid, SIGTERM) }
            for pid in left {
                for _ in 0..<1000 where Glibc.kill(pid, 0) == 0 { usleep(10_000) }
                Glibc.kill(pid, SIGKILL)
            }
        }
    }()

    /// Reads the lines of the process in order.
    private func follow(_ handle: FileHandle, of pid: Int32) {
        let reader = LogReader(handle)
        self.reader = reader
        Task { [weak self] in
            for await line in reader.lines(of: handle) { await self?.heard(line, from: pid) }
            await self?.ended(pid)
        }
    }

    private func heard(_ line: String, from pid: Int32) {
        guard process.processIdentifier == pid else { return }
        log.append(line)
        if line.contains("\"event\":\"restarted\"") {
            let pid = Int32(Self.number("pid", in: line))
            _ = Self.running.withLock { $0.insert(pid) }
            successor = pid
        }
        let (ready, others) = (waiting.filter { $0.matches(line) }, waiting.filter { !$0.matches(line) })
        waiting = others
        for waiter in ready { waiter.1.resume(returning: line) }
    }

    private func ended(_ pid: Int32) {
        guard process.processIdentifier == pid else { return }
        hasEnded = true
        giveUpWaiting()
    }

    private func giveUpWaiting() {
        for waiter in waiting { waiter.1.resume(returning: nil) }
        waiting = []
    }

    private static func number(_ field: String, in line: String) -> Int {
        guard let start = line.range(of: "\"\(field)\":") else { return 0 }
        return Int(line[start.upperBound...].prefix { $0.isNumber }) ?? 0
    }
}
