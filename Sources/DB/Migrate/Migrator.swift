public import Logging

/// Brings the schema up to date from a directory of SQL files.
///
/// Each file runs once, in one transaction, under an advisory lock: several processes may start at once. A file that
/// has been applied must not change; `schema_migrations` remembers its checksum.
public struct Migrator: Sendable {
    private let url: String
    private let directory: String
    private let logger: Logger

    /// The migrations of `directory` for the database at `url` (a libpq connection string or URI).
    public init(url: String, directory: String, logger: Logger) {
        self.url = url
        self.directory = directory
        self.logger = logger
    }

    /// The names of the files that `apply()` would apply; changes nothing.
    ///
    /// - Parameter wait: how long to try to reach the database.
    public func pending(wait: Duration = .zero) async throws(MigrationError) -> [String] {
        try await withConnection(wait: wait) { (connection) throws(MigrationError) in
            try await plan(on: connection).pending.map(\.file.name)
        }
    }

    /// Applies what is pending and returns the names of the files applied.
    ///
    /// - Parameter wait: how long to try to reach the database.
    public func apply(wait: Duration = .zero) async throws(MigrationError) -> [String] {
        try await withConnection(wait: wait) { (connection) throws(MigrationError) in
            try await checkSuitable(connection)
            try await run(.keepToSchema, on: connection)
            // Held to the end of the connection; another process that migrates is waited for.
            try await run("select pg_advisory_lock(\(Self.lock))", on: connection)
            try await run(Self.makeTable, on: connection)
            let pending = try await plan(on: connection).pending
            for candidate in pending {
                try await apply(candidate, on: connection)
                logger.log(.info, "migration applied", [.migration: "\(candidate.file.name)"])
            }
            return pending.map(\.file.name)
        }
    }

    private func apply(
        _ candidate: MigrationPlan.Candidate, on connection: PostgresConnection
    ) async throws(MigrationError) {
        try await run("begin", on: connection)
        do throws(PostgresError) {
            try await connection.run(script: candidate.file.sql, within: DBLimits.migrationDeadline)
        } catch {
            switch error {
            case .connectionLost(let reason): throw .unavailable(reason)
            case .refused(let refusal):
                throw .failed(
                    file: candidate.file.name, line: refusal.position.map(candidate.file.line(ofPosition:)),
                    message: "\(refusal.message) (SQLSTATE \(refusal.code))")
            }
        }
        try await run(
            "insert into schema_migrations (number, name, checksum) values ($1, $2, $3)",
            [.integer(candidate.file.number), .text(candidate.file.name), .text(candidate.checksum)], on: connection)
        try await run("commit", on: connection)
    }

    private func plan(on connection: PostgresConnection) async throws(MigrationError) -> MigrationPlan {
        let files = try MigrationFile.read(directory: directory)
        guard !files.isEmpty else { throw .badFiles("there are no migrations in \(directory)") }
        let sums = try await run(
            """
            select encode(sha256(convert_to(f.sql, 'UTF8')), 'hex')
            from unnest($1) with ordinality as f(sql, place) order by f.place
            """, [.texts(files.map(\.sql))], on: connection)
        let candidates = files.enumerated().map { place, file in
            MigrationPlan.Candidate(file: file, checksum: sums.text(place, 0) ?? "")
        }
        return try MigrationPlan(files: candidates, applied: try await applied(on: connection))
    }

    private func applied(on connection: PostgresConnection) async throws(MigrationError) -> [MigrationPlan.Applied] {
        let table = try await run("select 1 where to_regclass('schema_migrations') is not null", on: connection)
        guard table.rowCount > 0 else { return [] }
        let rows = try await run(
            "select number, name, checksum from schema_migrations order by number", on: connection)
        return (0..<rows.rowCount).map { row in
            MigrationPlan.Applied(
                number: rows.integer(row, 0) ?? 0, name: rows.text(row, 1) ?? "", checksum: rows.text(row, 2) ?? "")
        }
    }

    private func checkSuitable(_ connection: PostgresConnection) async throws(MigrationError) {
        let facts = try await run(
            """
            select current_setting('server_version_num')::integer, current_setting('server_encoding'),
                   current_schema() is not null, pg_is_in_recovery()::integer
            """, on: connection)
        guard let version = facts.integer(0, 0, as: Int32.self), version >= 140_000 else {
            throw .unsuitable("PostgreSQL 14 or later is needed")
        }
        guard facts.text(0, 1) == "UTF8" else { throw .unsuitable("its encoding must be UTF8") }
        guard facts.integer(0, 2, as: UInt8.self) == 1 else {
            throw .unsuitable("no schema of its search_path exists")
        }
        guard facts.integer(0, 3, as: Int32.self) == 0 else { throw .unavailable("the server is a standby") }
    }

    private func withConnection<Value: Sendable>(
        wait: Duration, _ body: (PostgresConnection) async throws(MigrationError) -> Value
    ) async throws(MigrationError) -> Value {
        let connection: PostgresConnection
        do throws(PostgresError) {
            let options = try ConnectionOptions(url: url, applicationName: "chat")
            connection = try await PostgresConnection.open(options, trying: wait)
        } catch {
            throw .unavailable(error.reason)
        }
        do throws(MigrationError) {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }

    @discardableResult
    private func run(
        _ sql: String, _ parameters: [PostgresValue] = [], on connection: PostgresConnection
    ) async throws(MigrationError) -> PostgresResult {
        try await run(.once(sql), parameters, on: connection)
    }

    @discardableResult
    private func run(
        _ statement: Statement, _ parameters: [PostgresValue] = [], on connection: PostgresConnection
    ) async throws(MigrationError) -> PostgresResult {
        do throws(PostgresError) {
            return try await connection.run(statement, parameters, within: DBLimits.migrationDeadline)
        } catch {
            switch error {
            case .connectionLost(let reason): throw .unavailable(reason)
            case .refused(let refusal): throw .unsuitable("\(refusal.message) (SQLSTATE \(refusal.code))")
            }
        }
    }

    /// The advisory lock's number: "roomcast" in ASCII.
    private static let lock: Int64 = 0x726f_6f6d_6361_7374

    private static let makeTable = """
        create table if not exists schema_migrations (
            number integer primary key,
            name text not null,
            checksum text not null,
            applied_at timestamptz not null default now()
        )
        """
}
