internal import Configuration
internal import DB
internal import Exit
internal import Logging
internal import Rooms
internal import Telemetry

extension Assembly {
    /// Calls the body with the URL of the configured database, or of the embedded cluster, which runs meanwhile.
    static func withDatabaseURL<Value: Sendable>(
        _ conf: SiteConf, _ telemetry: Telemetry,
        _ body: (_ url: String, _ cluster: EmbeddedCluster?) async throws -> Value
    ) async throws(ExitFailure) -> Value {
        switch conf.database {
        case .url(let url): return try await failing { try await body(url, nil) }
        case .embedded(let directory):
            let cluster: EmbeddedCluster
            do throws(ClusterError) {
                cluster = try await EmbeddedCluster.start(
                    directory: directory, user: conf.user, logger: telemetry.logger)
            } catch {
                throw ExitFailure(.databaseUnavailable, error.description)
            }
            let result: Result<Value, ExitFailure>
            do { result = .success(try await failing { try await body(cluster.url, cluster) }) } catch {
                result = .failure(error)
            }
            do throws(ClusterError) {
                try await cluster.stop()
            } catch {
                telemetry.logger.log(.warning, .clusterStopFailed, ["reason": "\(error)"])
            }
            return try result.get()
        }
    }

    /// Calls the body with the database, its connections open; its schema must be up to date.
    static func withDatabase<Value: Sendable>(
        _ conf: SiteConf, wait: Int, _ telemetry: Telemetry, _ body: (Database) async throws -> Value
    ) async throws(ExitFailure) -> Value {
        try await withDatabaseURL(conf, telemetry) { url, _ in
            try await refusePending(migrator(url, conf, wait: wait, telemetry), wait: wait)
            return try await running(open(url, conf, telemetry), body)
        }
    }

    /// Keeps the connections of a database open while the body runs.
    static func running<Value: Sendable>(
        _ database: Database, _ body: (Database) async throws -> Value
    ) async throws -> Value {
        // Cancelled and awaited when the body has ended.
        async let _: Void = database.run()
        return try await body(database)
    }

    static func open(_ url: String, _ conf: SiteConf, _ telemetry: Telemetry) throws(ExitFailure) -> Database {
        do throws(StoreError) {
            return try Database(
                url: url, schema: conf.databaseSchema, size: conf.databasePoolSize, logger: telemetry.logger)
        } catch {
            throw ExitFailure(.configuration, "db_url: \(error.reason)")
        }
    }

    /// The migrations of a database; reports what it waits for if that takes longer than a second.
    static func migrator(
        _ url: String, _ conf: SiteConf, wait: Int, _ telemetry: Telemetry
    ) -> Migrator {
        Migrator(
            url: url, schema: conf.databaseSchema, logger: telemetry.logger,
            waiting: { reason in telemetry.waiting("waiting up to \(wait) s for the database: \(reason)") })
    }

    /// Waits until notifications of the database can be received.
    static func waitForListen(_ database: Database, within limit: Duration) async throws(ExitFailure) {
        let isHeard = await withTaskGroup(of: Bool.self) { group in
            // The first event shows that LISTEN is established.
            group.addTask { await database.events.contains { _ in true } }
            group.addTask {
                // Cancelled when the event has arrived.
                try? await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        guard isHeard else {
            throw ExitFailure(
                .databaseUnavailable, "the database does not answer LISTEN; is there a pooler in between?")
        }
    }

    /// Fails if the schema is not up to date.
    static func refusePending(_ migrator: Migrator, wait: Int) async throws(ExitFailure) {
        let pending = try await explainMigration { try await migrator.pending(wait: .seconds(wait)) }
        guard pending.isEmpty else {
            throw ExitFailure(
                .configuration, "migrations are pending: \(pending.joined(separator: ", ")); run \"App migrate\"")
        }
    }

    static func explainMigration<Value>(_ body: () async throws -> Value) async throws(ExitFailure) -> Value {
        do { return try await body() } catch let error as MigrationError {
            if case .unavailable = error { throw ExitFailure(.databaseUnavailable, error.description) }
            throw ExitFailure(.configuration, error.description)
        } catch let failure as ExitFailure {
            throw failure
        } catch {
            throw ExitFailure(.internalError, "\(error)")
        }
    }

    static func explain<Value>(
        _ body: () async throws(StoreError) -> Value
    ) async throws(ExitFailure) -> Value {
        do { return try await body() } catch {
            switch error {
            case .unavailable, .forgotten:
                throw ExitFailure(.databaseUnavailable, "the database is unavailable: \(error.reason)")
            case .rejected(code: "23505", _): throw ExitFailure(.usage, "this session key exists already")
            case .rejected: throw ExitFailure(.internalError, "the database refused: \(error.reason)")
            }
        }
    }

    private static func failing<Value>(_ body: () async throws -> Value) async throws(ExitFailure) -> Value {
        do { return try await body() } catch let failure as ExitFailure { throw failure } catch {
            throw ExitFailure(.internalError, "\(error)")
        }
    }
}
