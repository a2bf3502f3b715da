/// The closed list of what a log line can be about: the `event` of the line.
///
/// Code logs an event by using its raw value as the message; what varies goes into metadata. `docs/logging.md` lists
/// each one with its fields. A message that is not on the list (a library's own words) is shown as `diagnostic`.
enum EventName: String, Sendable, CaseIterable {
    // The life of the process
    case listening
    case ready
    case stats
    case draining
    case stopped
    case configError = "config_error"
    case configReloaded = "config_reloaded"
    case internalError = "internal_error"

    // The database
    case databaseAvailable = "database_available"
    case databaseUnavailable = "database_unavailable"
    case databaseConnected = "database_connected"
    case databaseDisconnected = "database_disconnected"
    case databaseNotice = "database_notice"
    case migrationApplied = "migration_applied"
    case migrationsPending = "migrations_pending"
    case embeddedInitialized = "embedded_initialized"
    case embeddedStarted = "embedded_started"
    case embeddedStopped = "embedded_stopped"
    case batchRejected = "batch_rejected"
    case batchRetried = "batch_retried"

    // Clients and rooms
    case clientRefused = "client_refused"
    case clientAuthenticated = "client_authenticated"
    case clientClosed = "client_closed"
    case sessionRevoked = "session_revoked"
    case roomOpened = "room_opened"
    case roomRetired = "room_retired"
    case acceptFailed = "accept_failed"

    // The log itself
    case diagnostic
    case linesDropped = "log_lines_dropped"
}
