package import DB
internal import Foundation
internal import Glibc
internal import Logging

/// A private PostgreSQL cluster for the tests of this process, created at its first use and removed at exit.
package actor PostgresFixture {
    /// The cluster of this process.
    package static let shared = PostgresFixture()

    /// The project's own migrations.
    package static let migrations = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "migrations").path()

    private var starting: Task<EmbeddedCluster, any Error>?
    private var template: Task<String, any Error>?
    private var databasesMade = 0

    /// The running cluster; starts it if necessary.
    package func cluster() async throws -> EmbeddedCluster {
        let task = starting ?? Task { try await Self.start() }
        starting = task
        return try await task.value
    }

    /// The libpq connection string of a fresh database without any tables.
    package func emptyDatabase() async throws -> String { try await makeDatabase(from: "template0") }

    /// The libpq connection string of a fresh database with the schema of `migrations/`.
    package func database() async throws -> String {
        let task =
            template
            ?? Task {
                let url = try await self.emptyDatabase()
                _ = try await Migrator(url: url, logger: Logger(label: "test")).apply()
                return url
            }
        template = task
        return try await makeDatabase(from: Self.name(of: task.value))
    }

    private func makeDatabase(from template: String) async throws -> String {
        databasesMade += 1
        let name = "test_\(databasesMade)"
        let url = try await cluster().url
        try await SQL(url).run("create database \(name) template \(template) strategy file_copy")
        return url.replacing("dbname=postgres", with: "dbname=\(name)")
    }

    private static func name(of url: String) -> String {
        url.split(separator: " ").last?.split(separator: "=").last.map(String.init) ?? ""
    }

    private static func start() async throws -> EmbeddedCluster {
        removeLeftovers()
        let directory = "/tmp/\(directoryPrefix)\(getpid())"
        let cluster = try await EmbeddedCluster.start(
            directory: directory, settings: ["fsync": "off", "max_connections": "200"], logger: Logger(label: "test"))
        atexit { PostgresFixture.remove("/tmp/\(PostgresFixture.directoryPrefix)\(getpid())") }
        return cluster
    }

    private static let directoryPrefix = "roomcast-tests-"

    /// Removes the clusters of killed test processes.
    private static func removeLeftovers() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/tmp")) ?? []
        where name.hasPrefix(directoryPrefix) {
            guard let pid = Int32(name.dropFirst(directoryPrefix.count)), kill(pid, 0) != 0 else { continue }
            remove("/tmp/\(name)")
        }
    }

    /// Stops the postmaster of an unused cluster and removes the cluster. Blocks.
    private static func remove(_ directory: String) {
        let data = "\(directory)/data"
        let line = (try? String(contentsOfFile: "\(data)/postmaster.pid", encoding: .utf8))?.split(separator: "\n")
            .first
        let isOurs = { (pid: Int32) in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")) == data
        }
        if let pid = line.flatMap({ Int32($0) }), isOurs(pid) {
            kill(pid, SIGQUIT)
            for _ in 0..<500 where isOurs(pid) { usleep(10_000) }
        }
        try? FileManager.default.removeItem(atPath: directory)
    }
}
