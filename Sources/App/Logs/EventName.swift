/// The closed list of log events: the `event` of a line.
///
/// App logs an event with its raw value as the message; the other modules log a constant text, and this text with `_`
/// for each space is the event. Variable data goes into metadata. `docs/logging.md` lists each event with its fields. A
/// message that is not on the list (text of a library) is shown as `diagnostic`.
enum EventName: String, Sendable, CaseIterable {
    // The process
    case listening
    case databaseListening = "database_listening"
    case privilegesDropped = "privileges_dropped"
    case descriptorsShort = "descriptors_short"
    case ready
    case stats
    case draining
    case restarting
    case restarted
    case restartFailed = "restart_failed"
    case restartIgnored = "restart_ignored"
    case reloaded
    case reloadFailed = "reload_failed"
    case drainTimedOut = "drain_timed_out"
    case stopped
    case configError = "config_error"

    // Sockets
    case socketsFull = "sockets_full"
    case socketsFree = "sockets_free"
    case acceptFailed = "accept_failed"

    // The database
    case databaseAvailable = "database_available"
    case databaseUnavailable = "database_unavailable"
    case databaseConnectionOpen = "database_connection_open"
    case databaseConnectionFailed = "database_connection_failed"
    case databaseConnectionLost = "database_connection_lost"
    case listeningConnectionLost = "listening_connection_lost"
    case statementRefused = "statement_refused"
    case migrationBegun = "migration_begun"
    case migrationApplied = "migration_applied"

    // The embedded cluster
    case clusterProgramsFound = "postgresql_found"
    case clusterFound = "embedded_postgresql_found_running"
    case clusterMade = "making_the_embedded_postgresql_cluster"
    case clusterStarted = "embedded_postgresql_started"
    case clusterEnded = "embedded_postgresql_ended"
    case clusterDoesNotStart = "embedded_postgresql_does_not_start"
    case clusterLeft = "embedded_postgresql_is_left_to_another_server"
    case clusterStopFailed = "embedded_stop_failed"

    // Clients
    case clientRefused = "client_refused"

    // Messages
    case storeWaiting = "store_waiting"
    case messageNotStored = "message_not_stored"
    case inboxWaiting = "inbox_waiting"
    case roomUnreadable = "room_unreadable"

    // The log itself
    case diagnostic
    case linesDropped = "log_lines_dropped"

    /// The event that a message stands for, if it is on the list.
    init?(message: String) {
        self.init(rawValue: String(message.lowercased().map { $0 == " " ? "_" : $0 }))
    }
}
