import Foundation
import Logging
import TestKit
import Testing

@testable import DB

@Suite(.timeLimit(.minutes(2)))
struct MigratorTests {
    /// A directory with the given files, removed after `body`.
    private func withDirectory(_ files: [String: String], _ body: (URL) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, sql) in files {
            try sql.write(to: directory.appending(path: name), atomically: true, encoding: .utf8)
        }
        try await body(directory)
    }

    private func migrator(_ url: String, _ directory: URL) -> Migrator {
        Migrator(url: url, directory: directory.path(), logger: Logger(label: "test"))
    }

    @Test func appliesEachFileOnce() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        let ours = Migrator(url: url, directory: PostgresFixture.migrations, logger: Logger(label: "test"))
        let pending = try await ours.pending()
        #expect(pending.first == "0001_nodejschat.sql")
        #expect(try await ours.apply() == pending)
        #expect(try await ours.pending() == [])
        #expect(try await ours.apply() == [])
    }

    @Test func severalMayStartAtOnce() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        let ours = Migrator(url: url, directory: PostgresFixture.migrations, logger: Logger(label: "test"))
        let all = try await ours.pending()
        let applied = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<4 { group.addTask { try await ours.apply() } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied == all)
    }

    @Test func refusesAFileThatChanged() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        try await withDirectory(["0001_a.sql": "create table a (x int)"]) { directory in
            _ = try await migrator(url, directory).apply()
            try "create table a (x bigint)".write(
                to: directory.appending(path: "0001_a.sql"), atomically: true, encoding: .utf8)
            await #expect(throws: MigrationError.changed(file: "0001_a.sql")) {
                _ = try await migrator(url, directory).apply()
            }
        }
    }

    @Test func failureNamesFileAndLineAndLeavesNothing() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        let files = ["0001_a.sql": "create table a (x int);", "0002_b.sql": "create table b (x int);\n\n  selekt 1;"]
        try await withDirectory(files) { (directory: URL) async throws in
            let failure = await #expect(throws: MigrationError.self) {
                _ = try await migrator(url, directory).apply()
            }
            #expect(
                failure?.description
                    == #"migration 0002_b.sql, line 3: syntax error at or near "selekt" (SQLSTATE 42601)"#)
            #expect(try await migrator(url, directory).pending() == ["0002_b.sql"])
            #expect(try await SQL(url).run("select to_regclass('a') is null, to_regclass('b') is null") == ["f|t"])
        }
    }

    @Test func unreachableDatabaseIsOneClearError() async throws {
        let nowhere = Migrator(
            url: "host=/nonexistent password=hunter2", directory: PostgresFixture.migrations,
            logger: Logger(label: "test"))
        let failure = await #expect(throws: MigrationError.self) { _ = try await nowhere.apply() }
        #expect(failure?.description.hasPrefix("the database cannot be reached: ") == true)
        #expect(failure?.description.contains("hunter2") == false)
    }

    @Test(arguments: [
        ("0001_rooms.sql", Int32(1)), ("0012_a_b.sql", 12), ("1_a.sql", nil), ("0001.sql", nil), ("0001_.sql", nil),
        ("００01_a.sql", nil),
    ])
    func numbersFiles(name: String, number: Int32?) {
        #expect(MigrationFile.number(ofName: name) == number)
    }

    @Test func planRefusesGapsAndRewrittenHistory() throws {
        func file(_ number: Int32, _ sum: String) -> MigrationPlan.Candidate {
            .init(file: MigrationFile(number: number, name: "\(number)", sql: ""), checksum: sum)
        }
        func applied(_ number: Int32, _ sum: String) -> MigrationPlan.Applied {
            .init(number: number, name: "\(number)", checksum: sum)
        }
        let plan = try MigrationPlan(files: [file(1, "a"), file(2, "b")], applied: [applied(1, "a")])
        #expect(plan.pending == [file(2, "b")])
        #expect(throws: MigrationError.self) { try MigrationPlan(files: [file(1, "a"), file(3, "c")], applied: []) }
        #expect(throws: MigrationError.self) { try MigrationPlan(files: [file(1, "a"), file(1, "c")], applied: []) }
        #expect(throws: MigrationError.changed(file: "1")) {
            try MigrationPlan(files: [file(1, "x")], applied: [applied(1, "a")])
        }
        #expect(throws: MigrationError.changed(file: "2")) {
            try MigrationPlan(files: [file(1, "a")], applied: [applied(1, "a"), applied(2, "b")])
        }
    }
}
