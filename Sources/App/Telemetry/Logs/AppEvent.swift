/// The log events of the executable's modules. `docs/logging.md` lists each with its fields.
package enum AppEvent: String, Sendable, CaseIterable {
    // The process
    case listening
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
    case clusterStopFailed = "embedded_stop_failed"

    // The log itself
    case diagnostic
    case linesDropped = "log_lines_dropped"
}
