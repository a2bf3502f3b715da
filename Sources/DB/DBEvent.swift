/// The log events of this module. `docs/logging.md` lists each with its fields.
package enum DBEvent: String, Sendable, CaseIterable {
    // The connections
    case databaseListening = "database_listening"
    case databaseConnectionOpen = "database_connection_open"
    case databaseConnectionFailed = "database_connection_failed"
    case databaseConnectionLost = "database_connection_lost"
    case listeningConnectionLost = "listening_connection_lost"
    case statementRefused = "statement_refused"

    // The schema
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
}
