internal import Configuration
internal import DB
internal import Exit
internal import Logging
internal import NIOCore
internal import NIOSSL
internal import Net
internal import ProcessControl
internal import Rooms
internal import ServiceLifecycle
internal import Telemetry
internal import UnixSignals

/// Assembles the server from its parts; the only place where Net meets DB.
///
/// Each function carries out one command, after its options and configuration were read and before its result is
/// printed. All throw `ExitFailure` with the documented exit code.
enum Assembly {
    /// Runs the server until it has to stop.
    ///
    /// - Parameter read: reads the configuration again at SIGHUP.
    static func serve(
        _ conf: SiteConf, rereading read: @escaping Reloader.Reading, wait: Int, appliesMigrations: Bool,
        _ process: ServerProcess, _ telemetry: Telemetry
    ) async throws(ExitFailure) {
        let account = try Account.wanted(user: conf.user, group: conf.group)
        try await withDatabaseURL(conf, telemetry) { url, cluster in
            let migrator = migrator(url, conf, wait: wait, telemetry)
            if appliesMigrations {
                try await explainMigration { _ = try await migrator.apply(wait: .seconds(wait)) }
            } else {
                try await refusePending(migrator, wait: wait)
            }
            let services = services(
                conf, rereading: read, try open(url, conf, telemetry), cluster, process, becoming: account, telemetry)
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                    gracefulShutdownSignals: [.sigterm, .sigint],
                    logger: Logger(label: "services") { _ in SwiftLogNoOpLogHandler() }))
            try await group.run()
        }
        telemetry.logger.log(.info, .stopped)
    }

    /// Tests the database, LISTEN, the migrations, the TLS files and the user; returns one line for each success.
    static func check(_ conf: SiteConf, wait: Int, _ telemetry: Telemetry) async throws(ExitFailure) -> [String] {
        var findings: [String] = []
        if let user = conf.user {
            _ = try Account.wanted(user: user, group: conf.group)
            findings.append("user: \(user): good")
        }
        for (name, tls) in [("ws_server", conf.wsServer.tls.files), ("html_server", conf.htmlServer?.tls.files)] {
            guard let tls else { continue }
            do { _ = try tls.context() } catch {
                throw ExitFailure(.configuration, "\(name): the TLS files cannot be used: \(error)")
            }
            findings.append("\(name): TLS files: good")
        }
        let pending = try await withDatabaseURL(conf, telemetry) { url, _ in
            let pending = try await explainMigration {
                try await migrator(url, conf, wait: wait, telemetry).pending(wait: .seconds(wait))
            }
            try await running(open(url, conf, telemetry)) { database in
                try await explain { () throws(StoreError) in try await database.waitUntilAvailable(within: .seconds(5))
                }
                try await waitForListen(database, within: .seconds(5))
            }
            return pending
        }
        findings.append("db_url: connects and listens: good")
        findings.append(
            pending.isEmpty
                ? "migrations: up to date" : "migrations: \(pending.joined(separator: ", ")) would be applied")
        return findings
    }

    /// Applies pending migrations and returns their names.
    static func migrate(_ conf: SiteConf, wait: Int, _ telemetry: Telemetry) async throws(ExitFailure) -> [String] {
        try await withDatabaseURL(conf, telemetry) { url, _ in
            try await explainMigration {
                try await migrator(url, conf, wait: wait, telemetry).apply(wait: .seconds(wait))
            }
        }
    }

    /// Creates a session.
    static func createSession(
        _ session: SessionRequest, _ conf: SiteConf, wait: Int, _ telemetry: Telemetry
    ) async throws(ExitFailure) {
        let expiresAt = session.lifetime.map {
            Timestamp(microseconds: Timestamp.now().microseconds + Int64($0.seconds) * 1_000_000)
        }
        try await withDatabase(conf, wait: wait, telemetry) { database in
            try await explain { () throws(StoreError) in
                try await database.createSession(
                    key: session.key, userName: session.user, room: session.room, role: session.role,
                    expiresAt: expiresAt, isHashed: session.isHashed)
            }
        }
    }

    /// The sessions, one line each, without their keys.
    static func listSessions(
        _ conf: SiteConf, wait: Int, _ telemetry: Telemetry
    ) async throws(ExitFailure) -> [String] {
        let listings = try await withDatabase(conf, wait: wait, telemetry) { database in
            try await explain { () throws(StoreError) in try await database.listSessions() }
        }
        return listings.map { listing in
            let session = listing.session
            let expiry = listing.expiresAt.map { "until \($0.iso8601)" } ?? "for ever"
            return
                "\(session.fingerprint.prefix(16))  room \(session.room)  \(session.role.rawValue)  \(expiry)  \(session.userName)"
        }
    }

    /// Removes the session with this key, or the only one whose fingerprint starts with the word.
    static func revokeSession(
        _ word: String, _ conf: SiteConf, wait: Int, _ telemetry: Telemetry
    ) async throws(ExitFailure) {
        let outcome = try await withDatabase(conf, wait: wait, telemetry) { database in
            try await explain { () throws(StoreError) in try await database.revokeSession(word) }
        }
        switch outcome {
        case .revoked: return
        case .unknown where Database.isFingerprint(word):
            throw ExitFailure(.usage, "no session has this key, or a fingerprint that begins with it")
        case .unknown: throw ExitFailure(.usage, "no session has this key")
        case .ambiguous(let count):
            throw ExitFailure(
                .usage, "\(count) sessions have a fingerprint that begins with \(word); give more of its digits")
        }
    }

    /// Echoes WebSocket messages on 127.0.0.1 until it has to stop.
    static func echo(
        port: Int, messageBytesMax: Int, fragmentsMax: Int, _ telemetry: Telemetry
    ) async throws(ExitFailure) {
        var limits = NetLimits()
        limits.messageBytesMax = messageBytesMax
        limits.fragmentsMax = fragmentsMax
        do {
            let group = ServiceGroup(
                services: [EchoService(port: port, limits: limits, telemetry: telemetry)],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "services") { _ in SwiftLogNoOpLogHandler() })
            try await group.run()
        } catch {
            throw ExitFailure(
                .configuration,
                "cannot listen on 127.0.0.1:\(port): " + Binder.advice(on: error, host: "the host", port: "--port"))
        }
    }
}
