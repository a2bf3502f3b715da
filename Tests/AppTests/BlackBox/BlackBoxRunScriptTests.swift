import Foundation
import Glibc
import TestKit
import Testing

extension BlackBox {
    /// `scripts/run`, with the built App in the place of a release build.
    @Suite struct RunScript {
        /// A copy of what the script needs in a directory of its own, with a `swift` that builds nothing.
        private func withCopy(_ body: (_ directory: URL, _ path: String) async throws -> Void) async throws {
            let url = try await PostgresFixture.shared.database()
            let project = URL(filePath: PostgresFixture.migrations).deletingLastPathComponent()
            try await withDirectory { directory in
                let files = FileManager.default
                for name in ["scripts", "bin"] {
                    try files.createDirectory(at: directory.appending(path: name), withIntermediateDirectories: true)
                }
                try files.copyItem(
                    at: project.appending(path: "scripts/run"), to: directory.appending(path: "scripts/run"))
                let products = AppProcess.executable.deletingLastPathComponent().path
                try program("echo \(products)", at: directory.appending(path: "bin/swift"))
                try program("true", at: directory.appending(path: "scripts/setup"))
                try """
                {"db_url": "\(url)", "ws_server": {"port": 0}, "html_server": {"port": 0}, "ops_server": null}
                """.write(to: directory.appending(path: "site_conf.json"), atomically: true, encoding: .utf8)
                try await body(directory, "\(directory.path)/bin:/usr/bin:/bin")
            }
        }

        private func program(_ script: String, at file: URL) throws {
            try "#!/bin/sh\n\(script)\n".write(to: file, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        }

        /// What is written until the end of it or a piece of text.
        private func words(of handle: FileHandle, until piece: String) async -> String {
            await withCheckedContinuation { continuation in
                // Reading blocks.
                DispatchQueue.global().async {
                    var said = Data()
                    while !String(decoding: said, as: UTF8.self).contains(piece), case let chunk = handle.availableData,
                        !chunk.isEmpty
                    {
                        said += chunk
                    }
                    continuation.resume(returning: String(decoding: said, as: UTF8.self))
                }
            }
        }

        /// The first child of a process.
        private func child(of pid: Int32) throws -> Int32 {
            let list = try String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
            return try #require(list.split(separator: " ").first.flatMap { Int32($0) })
        }

        @Test func theURLsSayWhoseTheyAreAndASecondRunDisturbsNothing() async throws {
            try await withCopy { directory, path in
                let first = Process()
                first.executableURL = directory.appending(path: "scripts/run")
                first.environment = ProcessInfo.processInfo.environment.merging(["PATH": path]) { $1 }
                let output = Pipe()
                first.standardOutput = output
                first.standardError = FileHandle.nullDevice
                let (ends, ended) = AsyncStream<Int32>.makeStream()
                first.terminationHandler = {
                    ended.yield($0.terminationStatus)
                    ended.finish()
                }
                try first.run()
                defer {
                    if first.isRunning, let server = try? child(of: first.processIdentifier) { kill(server, SIGTERM) }
                }
                let said = await words(of: output.fileHandleForReading, until: "Ctrl-C stops the server")
                let urls = said.split(separator: "\n").filter { $0.contains("http://") }
                #expect(urls.count == 2)
                #expect(
                    urls.first?.contains(#/^    Alice  http://127\.0\.0\.1:\d+/chat\?session_key=[0-9a-f]{64}$/#)
                        == true)
                #expect(
                    urls.last?.contains(#/^    Bob    http://127\.0\.0\.1:\d+/chat\?session_key=[0-9a-f]{64}$/#) == true
                )

                let log = directory.appending(path: "data/server.log")
                let before = try String(contentsOf: log, encoding: .utf8)
                let second = try await AppCommand.run(
                    directory.appending(path: "scripts/run"), [], environment: ["PATH": path])
                #expect(second.code == 1)
                #expect(second.stderr.contains("running already"))
                #expect(second.stdout.split(separator: "\n") == urls)
                #expect(try String(contentsOf: log, encoding: .utf8).hasPrefix(before))
                #expect(before.contains("\"event\":\"ready\""))

                // The script has inherited a mask in which SIGTERM is blocked; its server unblocks it.
                kill(try child(of: first.processIdentifier), SIGTERM)
                var code: Int32 = -1
                for await status in ends { code = status }
                #expect(code == 0)
                #expect(!FileManager.default.fileExists(atPath: directory.appending(path: "data/urls").path))
            }
        }
    }
}
