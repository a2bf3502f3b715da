package import Foundation

/// One complete run of the built `App`, or of another program.
package struct AppCommand: Sendable {
    /// The exit code; the signal number if a signal ended the program.
    package let code: Int32
    /// Its output on stdout.
    package let stdout: String
    /// Its output on stderr.
    package let stderr: String

    /// The lines on stderr.
    package var complaints: [String] { stderr.split(separator: "\n").map(String.init) }

    /// Runs `App` in the project's directory; a cancelled task ends it.
    package static func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> AppCommand {
        try await run(AppProcess.executable, arguments, environment: environment)
    }

    /// Runs a program by its path.
    package static func run(
        _ program: URL, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> AppCommand {
        let words = FileManager.default.temporaryDirectory.appending(path: "roomcast-command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: words, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: words) }
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = URL(filePath: PostgresFixture.migrations).deletingLastPathComponent()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try file(words.appending(path: "stdout"))
        process.standardError = try file(words.appending(path: "stderr"))
        let (ends, ended) = AsyncStream<Int32>.makeStream()
        process.terminationHandler = {
            ended.yield($0.terminationStatus)
            ended.finish()
        }
        try process.run()
        var code: Int32 = -1
        for await status in ends { code = status }
        if Task.isCancelled { process.terminate() }
        return AppCommand(
            code: code, stdout: try String(contentsOf: words.appending(path: "stdout"), encoding: .utf8),
            stderr: try String(contentsOf: words.appending(path: "stderr"), encoding: .utf8))
    }

    private static func file(_ url: URL) throws -> FileHandle {
        _ = FileManager.default.createFile(atPath: url.path, contents: nil)
        return try FileHandle(forWritingTo: url)
    }
}
