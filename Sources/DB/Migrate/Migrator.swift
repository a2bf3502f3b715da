package import Logging

/// Brings the schema up to date with SQL files, those of this executable unless others are given.
///
/// Each file runs once, in order. All pending files run in one transaction under an advisory lock: several processes
/// may start at once, and a failure changes nothing. A file that has been applied must not change;
/// `roomcast_migrations` stores its checksum. Objects of other applications are checked first: if one has a name that a
/// pending file needs, nothing is changed.
package struct Migrator: Sendable {
    private let url: String
    private let schema: DatabaseSchema
    private let files: [MigrationFile]
    private let logger: Logger
    private let waiting: @Sendable (String) -> Void

    /// The migrations of the database at `url` (a libpq connection string or URI).
    ///
    /// - Parameters:
    ///   - schema: where all objects are; `apply()` creates it if it does not exist.
    ///   - files: ascending; others than this executable's are for tests.
    ///   - waiting: called once, with the reason, after one second of waiting for the database.
    package init(
        url: String, schema: String = DatabaseSchema.publicName, files: [MigrationFile] = MigrationFile.embedded,
        logger: Logger,
        waiting: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.url = url
        self.schema = DatabaseSchema(name: schema)
        self.files = files
        self.logger = logger
        self.waiting = waiting
    }

    /// The names of the files that `apply()` would apply; changes nothing.
    ///
    /// - Parameter wait: how long to try to reach the database.
    /// - Throws: what `apply()` would throw before it changes anything.
    package func pending(wait: Duration = .zero) async throws(MigrationError) -> [String] {
        try await withConnection(wait: wait) { connection throws(MigrationError) in
            try await prepare(connection)
            try await connection.migrate("begin read only")
            let plan = try await survey(connection).plan
            try await connection.migrate("commit")
            return plan.pending.map(\.file.name)
        }
    }

    /// Applies all pending files or none, and returns the names of the files applied.
    ///
    /// - Parameter wait: how long to try to reach the database.
    package func apply(wait: Duration = .zero) async throws(MigrationError) -> [String] {
        try await withConnection(wait: wait) { connection throws(MigrationError) in
            try await prepare(connection)
            // Held until the connection ends; waits for another process that migrates.
            try await connection.migrate(Self.locking, [.text(schema.name)])
            try await connection.migrate("begin")
            let names: [String]
            do throws(MigrationError) {
                names = try await applyAll(on: connection)
                try await connection.migrate("commit")
            } catch {
                // Restores the database before the error is reported. A lost connection is rolled back as well.
                _ = try? await connection.migrate("rollback")
                throw error
            }
            for name in names { logger.log(.info, .migrationApplied, [.migration: "\(name)"]) }
            return names
        }
    }

    private func applyAll(on connection: PostgresConnection) async throws(MigrationError) -> [String] {
        let (records, plan) = try await survey(connection)
        if !plan.pending.isEmpty { try await createSchema(connection) }
        if records != .current { try await connection.migrate(.once(records.preparation)) }
        for candidate in plan.pending {
            logger.log(.info, .migrationBegun, [.migration: "\(candidate.file.name)"])
            try await apply(candidate, on: connection)
        }
        return plan.pending.map(\.file.name)
    }

    private func apply(
        _ candidate: MigrationPlan.Candidate, on connection: PostgresConnection
    ) async throws(MigrationError) {
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
        try await connection.migrate(
            MigrationRecords.insertion,
            [.integer(candidate.file.number), .text(candidate.file.name), .text(candidate.checksum)])
    }

    /// The records and the plan; throws if the plan cannot be carried out in this database.
    private func survey(
        _ connection: PostgresConnection
    ) async throws(MigrationError) -> (records: MigrationRecords, plan: MigrationPlan) {
        let files = try await candidates(connection)
        var records = try MigrationRecords(
            found: try await objects(Set(MigrationRecords.names.map(SchemaName.relation)), connection))
        var applied = try await rows(of: records, connection)
        if records == .former, !MigrationRecords.areOurs(applied) { (records, applied) = (.none, []) }
        let plan = try MigrationPlan(files: files, applied: applied)
        let preflight = MigrationPreflight(plan)
        let conflicts = preflight.conflicts(with: try await objects(preflight.names, connection))
        guard conflicts.isEmpty else { throw .foreign(conflicts.map(\.description)) }
        return (records, plan)
    }

    private func candidates(
        _ connection: PostgresConnection
    ) async throws(MigrationError) -> [MigrationPlan.Candidate] {
        let sums = try await connection.migrate(
            .once(
                """
                select encode(sha256(convert_to(f.sql, 'UTF8')), 'hex')
                from unnest($1) with ordinality as f(sql, place) order by f.place
                """), [.texts(files.map(\.sql))])
        return files.enumerated().map { place, file in
            MigrationPlan.Candidate(file: file, checksum: sums.text(place, 0) ?? "")
        }
    }

    private func objects(
        _ names: Set<SchemaName>, _ connection: PostgresConnection
    ) async throws(MigrationError) -> [SchemaObject] {
        let relations = names.filter { $0.space == .relation }.map(\.name).sorted()
        let functions = names.filter { $0.space == .function }.map(\.name).sorted()
        return try await connection.migrate(.schemaObjects, [.texts(relations), .texts(functions)]).schemaObjects
    }

    private func rows(
        of records: MigrationRecords, _ connection: PostgresConnection
    ) async throws(MigrationError) -> [MigrationPlan.Applied] {
        guard let reading = records.reading else { return [] }
        let rows = try await connection.migrate(reading)
        return (0..<rows.rowCount).map { row in
            MigrationPlan.Applied(
                number: rows.integer(row, 0) ?? 0, name: rows.text(row, 1) ?? "", checksum: rows.text(row, 2) ?? "")
        }
    }

    /// Creates the schema if it does not exist. `create schema if not exists` alone would need a privilege on the
    /// database also if it exists.
    private func createSchema(_ connection: PostgresConnection) async throws(MigrationError) {
        let name = schema.name.replacing("\"", with: "\"\"")
        if try await connection.migrate(Self.schemaExists, [.text(schema.name)]).integer(0, 0, as: Int32.self) == 0 {
            try await connection.migrate("create schema if not exists \"\(name)\"")
        }
        // A schema that the role may not use is no current schema.
        guard try await connection.migrate("select current_schema()").text(0, 0) == schema.name else {
            throw .unsuitable("its role may not use the schema \(schema.name) (db_schema)")
        }
    }

    /// Checks that the database can hold our schema, and restricts the connection to that schema.
    private func prepare(_ connection: PostgresConnection) async throws(MigrationError) {
        let facts = try await connection.migrate(Self.facts)
        guard let version = facts.integer(0, 0, as: Int32.self), version >= 140_000 else {
            throw .unsuitable("PostgreSQL 14 or later is needed")
        }
        guard facts.text(0, 1) == "UTF8" else { throw .unsuitable("its encoding must be UTF8") }
        guard facts.integer(0, 2, as: Int32.self) == 0 else { throw .unavailable("the server is a standby") }
        // Before db_schema existed, the schema was the first one of the search path.
        if schema.name == DatabaseSchema.publicName, facts.integer(0, 4, as: Int32.self) == 1,
            let former = facts.text(0, 3), former != schema.name
        {
            throw .elsewhere(schema: former)
        }
        try await connection.migrate(DatabaseSchema.pinning, [.text(schema.name)])
    }

    private func withConnection<Value: Sendable>(
        wait: Duration, _ body: (PostgresConnection) async throws(MigrationError) -> Value
    ) async throws(MigrationError) -> Value {
        let connection: PostgresConnection
        do throws(PostgresError) {
            let options = try ConnectionOptions(url: url, applicationName: "chat")
            connection = try await PostgresConnection.open(options, trying: wait, waiting: waiting)
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

    /// Waits for the lock of the schema's migrations. The number of `public` is "roomcast" in ASCII.
    private static let locking = Statement.once(
        """
        select pg_advisory_lock(
            case $1 when 'public' then \(0x726f_6f6d_6361_7374) else hashtextextended('roomcast ' || $1, 0) end)
        """)

    private static let schemaExists = Statement.once(
        "select count(*)::integer from pg_namespace where nspname::text = $1")

    /// Version, encoding, whether the server is a standby; the first schema of the search path, and whether it has our
    /// table of migrations, under its present or its former name.
    private static let facts = Statement.once(
        """
        select current_setting('server_version_num')::integer, current_setting('server_encoding'),
               pg_is_in_recovery()::integer, current_schema(),
               exists (
                   select from pg_attribute a join pg_class c on c.oid = a.attrelid
                   where c.relnamespace = to_regnamespace(quote_ident(current_schema()))
                     and c.relname in ('roomcast_migrations', 'schema_migrations') and a.attname = 'checksum')::integer
        """)
}

extension PostgresConnection {
    /// Runs a statement of the migrator.
    @discardableResult
    fileprivate func migrate(_ sql: String) async throws(MigrationError) -> PostgresResult {
        try await migrate(.once(sql))
    }

    @discardableResult
    fileprivate func migrate(
        _ statement: Statement, _ parameters: [PostgresValue] = []
    ) async throws(MigrationError) -> PostgresResult {
        do throws(PostgresError) {
            return try await run(statement, parameters, within: DBLimits.migrationDeadline)
        } catch {
            switch error {
            case .connectionLost(let reason): throw .unavailable(reason)
            case .refused(let refusal): throw .unsuitable("\(refusal.message) (SQLSTATE \(refusal.code))")
            }
        }
    }
}
