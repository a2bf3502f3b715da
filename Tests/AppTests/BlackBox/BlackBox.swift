import Foundation
import TestKit
import Testing

/// The built App from outside: its command line, its sockets, its SQL and its log, on a real PostgreSQL.
///
/// One test at a time, because each has a server process of its own.
@Suite(.serialized, .timeLimit(.minutes(5))) enum BlackBox {}

/// Runs a test against a server of its own, which must stop cleanly in the end.
///
/// - Parameters:
///   - settings: further members of `site_conf.json`, each after a comma.
///   - sessions: the rows of `sessions` to begin with.
///   - prepare: SQL to run before the server starts.
///   - drain: the server's `drain_timeout_s`, over half of which it sends clients away: less for tests that wait for that.
func withApp(
    _ settings: String = "", sessions: String = "('1','Michael Redman',0)", prepare: String = "",
    servers: String? = nil, drain: Int = 20, _ body: (AppProcess) async throws -> Void
) async throws {
    let url = try await PostgresFixture.shared.database()
    try await SQL(url).run("\(prepare); insert into sessions values \(sessions);")
    let app = try await AppProcess.start(", \"drain_timeout_s\": \(drain)\(settings)", url: url, servers: servers)
    do {
        try await body(app)
    } catch {
        await ChatClient.hangUp(await app.wsPort)
        try await app.terminate()
        throw error
    }
    await ChatClient.hangUp(await app.wsPort)
    let code = try await app.terminate()
    let lastWords = await app.wholeLog().suffix(5)
    #expect(code == 0, "\(lastWords)")
}

/// A directory of the test's own, removed in the end.
func withDirectory(_ body: (URL) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "roomcast-blackbox-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try await body(directory)
}

/// A configuration file in a directory of its own, given by its path.
func withConfiguration(_ json: String, _ body: (String) async throws -> Void) async throws {
    try await withDirectory { directory in
        let file = directory.appending(path: "site_conf.json")
        try json.write(to: file, atomically: true, encoding: .utf8)
        try await body(file.path)
    }
}

/// What `log` holds of a room, as `ChatFrame.row` writes it.
func logged(_ app: AppProcess, room: Int = 0) async throws -> [String] {
    try await app.sql(
        "select seq, \"user\", coalesce(client_id, ''), message from log where room = \(room) order by seq")
}
