internal import DB
internal import Net
internal import Rooms

/// Where the parts become a server: the only place in which Net meets DB.
///
/// Each function is the whole of one command, after its options and configuration were read and before its result is
/// printed. All throw `ExitFailure` with the exit code of the contract.
enum Assembly {
    /// Runs the server until it is told to stop.
    static func serve(
        _ conf: SiteConf, wait: Int, appliesMigrations: Bool, _ telemetry: Telemetry
    ) async throws(ExitFailure) {
        throw notWired
    }

    /// Tries the database, LISTEN, the migrations and the TLS files; returns one line for each that is good.
    static func check(_ conf: SiteConf, wait: Int, _ telemetry: Telemetry) async throws(ExitFailure) -> [String] {
        throw notWired
    }

    /// Applies pending migrations and returns their names.
    static func migrate(_ conf: SiteConf, wait: Int, _ telemetry: Telemetry) async throws(ExitFailure) -> [String] {
        throw notWired
    }

    /// Adds a session.
    static func createSession(
        _ session: SessionRequest, _ conf: SiteConf, wait: Int, _ telemetry: Telemetry
    ) async throws(ExitFailure) {
        throw notWired
    }

    /// The sessions, one line each, without their keys.
    static func listSessions(
        _ conf: SiteConf, wait: Int, _ telemetry: Telemetry
    ) async throws(ExitFailure) -> [String] {
        throw notWired
    }

    /// Removes a session; false when there was none.
    static func revokeSession(
        _ key: String, _ conf: SiteConf, wait: Int, _ telemetry: Telemetry
    ) async throws(ExitFailure) -> Bool {
        throw notWired
    }

    /// Echoes WebSocket messages on 127.0.0.1 until it is told to stop.
    static func echo(
        port: Int, messageBytesMax: Int, fragmentsMax: Int, _ telemetry: Telemetry
    ) async throws(ExitFailure) {
        throw notWired
    }

    private static let notWired = ExitFailure(.internalError, "not wired yet")
}
