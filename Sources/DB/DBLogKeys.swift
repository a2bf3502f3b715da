internal import Logging

/// The keys of this module's log metadata.
package enum DBLogKey: String, Sendable {
    /// Which set of connections: `chat`, `chat-writer`, `chat-slow`, `chat-listen`.
    case pool = "db.pool"
    /// The index of a connection in its pool.
    case connection = "db.connection"
    /// Why something failed, without user data.
    case reason = "db.reason"
    /// A SQLSTATE.
    case sqlState = "db.sqlstate"
    /// The name of a migration file.
    case migration = "db.migration"
    /// Milliseconds until the next attempt.
    case retryMilliseconds = "db.retry_ms"
    /// The directory of an embedded cluster.
    case directory = "db.directory"
    /// The process id of an embedded cluster's postmaster.
    case postmaster = "db.postmaster"
    /// The version directory of the PostgreSQL installation used.
    case installation = "db.installation"
}

extension Duration {
    /// Whole milliseconds, for logs.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

extension Logger {
    /// Logs an event of this module with typed keys.
    func log(_ level: Logger.Level, _ event: DBEvent, _ data: [DBLogKey: Logger.MetadataValue]) {
        guard level >= logLevel else { return }
        var metadata: Logger.Metadata = [:]
        for (key, value) in data { metadata[key.rawValue] = value }
        log(level: level, "\(event.rawValue)", metadata: metadata)
    }
}
