import Foundation
import Logging

@testable import DB

/// A directory of migrations: the project's, or one that a test writes itself.
struct MigrationDirectory {
    let url: URL

    /// Writes a file, replacing one of the same name.
    func write(_ name: String, _ sql: String) throws {
        try sql.write(to: url.appending(path: name), atomically: true, encoding: .utf8)
    }

    /// The SQL files of the directory, ascending.
    func files() throws -> [MigrationFile] {
        try FileManager.default.contentsOfDirectory(atPath: url.path()).filter { $0.hasSuffix(".sql") }.sorted().map {
            MigrationFile(
                number: MigrationFile.number(ofName: $0) ?? 0, name: $0,
                sql: try String(contentsOf: url.appending(path: $0), encoding: .utf8))
        }
    }

    /// The migrator of this directory for a database.
    func migrator(_ database: String) throws -> Migrator {
        Migrator(url: database, files: try files(), logger: Logger(label: "test"))
    }
}

/// Gives a directory with the files, removed after `body`.
func withMigrations(_ files: [String: String], _ body: (MigrationDirectory) async throws -> Void) async throws {
    let directory = MigrationDirectory(
        url: FileManager.default.temporaryDirectory.appending(path: "roomcast-migrations-\(UUID().uuidString)"))
    try FileManager.default.createDirectory(at: directory.url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory.url) }
    for (name, sql) in files { try directory.write(name, sql) }
    try await body(directory)
}
