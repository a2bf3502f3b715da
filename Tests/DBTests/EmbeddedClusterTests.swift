import Foundation
import Logging
import Rooms
import TestKit
import Testing

@testable import DB

/// One cluster of its own: each step of its life in one test, because each cluster costs an initdb.
@Suite(.timeLimit(.minutes(4)))
struct EmbeddedClusterTests {
    private let logger = Logger(label: "test")
    private let settings = ["fsync": "off", "shared_buffers": "8MB"]

    private func withDirectory(_ name: String, _ body: (String) async throws -> Void) async throws {
        let root = "/tmp/roomcast-embedded-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        try await body("\(root)/\(name)")
    }

    private func start(_ directory: String) async throws -> EmbeddedCluster {
        try await EmbeddedCluster.start(directory: directory, settings: settings, logger: logger)
    }

    @Test func livesThroughCrashesOfEitherSide() async throws {
        // Spaces, a quote and a comma: the socket moves to a directory of its own.
        try await withDirectory("it's, a cluster") { (directory: String) async throws in
            let first = try await start(directory)
            let sql = SQL(first.url)
            try await sql.run("create table kept as select 1 as x")
            #expect(try await sql.run("show listen_addresses").joined().isEmpty)

            // A killed server leaves the postmaster behind; the next server takes it over.
            let second = try await start(directory)
            #expect(second.postmasterProcessID == first.postmasterProcessID)

            // The postmaster is killed: the supervisor starts it again, and the database heals.
            try await withDatabase(url: second.url) { database, _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await second.run() }
                    let pid = try #require(second.postmasterProcessID)
                    kill(pid, SIGKILL)
                    while second.postmasterProcessID == pid { await Task.yield() }
                    try await database.waitUntilAvailable(within: .seconds(60))
                    #expect(second.postmasterProcessID != pid)
                    #expect(try await sql.run("select x from kept") == ["1"])
                    group.cancelAll()
                }
            }

            // The first to stop leaves the cluster to the other one.
            try await first.stop()
            #expect(second.postmasterProcessID != nil)
            try await second.stop()
            #expect(second.postmasterProcessID == nil)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == [
                    "data", "postgres.log", "start.lock", "users.lock",
                ])
        }
    }

    @Test func stopsAndStartsAgain() async throws {
        try await withDirectory("cluster") { (directory: String) async throws in
            let first = try await start(directory)
            _ = try await Migrator(url: first.url, logger: logger).apply()
            try await withDatabase(url: first.url) { database, _ in
                #expect(try await database.append(.of([1: ["a"]])).bases == [0])
                try await first.stop()
                #expect(first.postmasterProcessID == nil)
                await #expect(throws: StoreError.self) {
                    while true { _ = try await database.append(.of([1: ["never"]])) }
                }
                // As after a crash of the machine: a pid file that names somebody else.
                try "1\n".write(toFile: "\(directory)/data/postmaster.pid", atomically: false, encoding: .utf8)
                let second = try await start(directory)
                try await database.waitUntilAvailable(within: .seconds(60))
                #expect(try await database.append(.of([1: ["b"]])).bases == [1])
                try await second.stop()
            }
        }
    }

    @Test func failureIsOneLine() async throws {
        try await withDirectory("cluster") { (directory: String) async throws in
            let failure = await #expect(throws: ClusterError.self) {
                _ = try await EmbeddedCluster.start(
                    directory: directory, settings: ["shared_buffers": "nonsense"], logger: logger)
            }
            let line = try #require(failure?.description)
            #expect(line.hasPrefix("the embedded PostgreSQL: start failed: "))
            #expect(line.contains("FATAL:") || line.contains("shared_buffers"))
            #expect(!line.contains("\n"))
        }
    }

    @Test func fileInTheWayIsOneLine() async throws {
        try await withDirectory("file") { (path: String) async throws in
            try "".write(toFile: path, atomically: true, encoding: .utf8)
            await #expect(throws: ClusterError.directory("\(path) is not a directory")) { _ = try await start(path) }
        }
    }

    @Test func socketMovesWhenItsPathIsTooLong() {
        let short = ClusterPaths(directory: "/srv/chat", temporary: "/tmp")
        #expect(short.socketDirectory == "/srv/chat/socket")
        #expect(short.url == "host='/srv/chat/socket' port=5432 user=postgres dbname=postgres")
        let long = ClusterPaths(directory: "/" + String(repeating: "x", count: 100), temporary: "/tmp")
        #expect(long.socketDirectory.hasPrefix("/tmp/roomcast-"))
        #expect(ClusterPaths(directory: "/a,b", temporary: "/tmp").socketDirectory.hasPrefix("/tmp/roomcast-"))
    }

    @Test func quotesSettings() {
        let text = ClusterPaths(directory: "/it's", temporary: "/tmp").configuration(extra: ["jit": "on"])
        #expect(text.contains("unix_socket_directories = '/it''s/socket'\n"))
        #expect(text.contains("jit = 'on'\n"))
    }

    @Test(arguments: [
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", Int?(15)), ("postgres (PostgreSQL) 19beta1", 19),
        ("postgres", nil),
    ])
    func readsVersions(words: String, version: Int?) {
        #expect(PostgresInstallation.version(in: words) == version)
    }

    @Test func aNewClusterIsOfTheInstallationThatPGConfigNames() async throws {
        try await withDirectory("bin") { directory in
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            for program in ["postgres", "initdb", "pg_ctl"] {
                let file = "\(directory)/\(program)"
                let script = "#!/bin/sh\necho '\(program) (PostgreSQL) 9.6'\n"
                try script.write(toFile: file, atomically: true, encoding: .utf8)
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
            }
            let old = PostgresInstallation(programs: directory, version: 9)
            let environment = ["PG_CONFIG": "\(directory)/pg_config"]
            #expect(try await PostgresInstallation.find(clusterVersion: nil, environment: environment) == old)
            #expect(try await PostgresInstallation.find(clusterVersion: 9, environment: environment) == old)
            #expect(try await PostgresInstallation.find(clusterVersion: nil, environment: [:]) != old)
        }
    }
}
