internal import Rooms

/// All settings of `site_conf.json`: each is declared once, here.
///
/// The order is that of the documents; a default that follows from another setting comes after it.
package enum Settings {
    /// The settings, with the sections of the file in which they are.
    package static let groups: [SettingGroup] = [
        database, servers, wsServer, htmlServer, opsServer, access, history, compression, limits, process,
    ]

    /// Every setting.
    package static let all: [Setting] = groups.flatMap(\.settings)

    private static let database = SettingGroup(
        "Database",
        [
            Setting(
                "db_url", \.database, .databaseLocation, .restart,
                "Where the database is; the environment variable CHAT_DB_URL overrides it."),
            Setting(
                "db_pool_size", \.databasePoolSize, .wholeNumber(2...100), unit: "connections", .restart,
                "Connections for queries: one stores messages, the others read."),
            Setting(
                "db_schema", \.databaseSchema, .schemaName, .restart,
                "The schema that holds all tables and functions; created if it does not exist."),
        ])

    private static let access = SettingGroup(
        "Access",
        [
            Setting(
                "allowed_origins", \.allowedOrigins, .optionalOrigins, .newConnections,
                "The web origins whose pages may connect; null lets pages of any origin connect."),
            Setting(
                "trusted_proxies", \.trustedProxies, .addressBlocks(max: 256), .newRequests,
                "The proxies that are trusted to report the address of their client, on every server."),
            Setting(
                "user", \.user, .optionalString.allowing("a user of this machine other than root"), .restart,
                "The user to which a server that is started as root changes permanently."),
            Setting(
                "group", \.group, .optionalString.allowing("a group of this machine; needs user"), .restart,
                "The group to which it changes; null takes the user's own."),
        ])

    private static let history = SettingGroup(
        "History",
        [
            Setting(
                "history_on_join", \.roomLimits.historyOnJoin, .wholeNumber(0...100_000), unit: "messages", .restart,
                "The messages that a client receives if it does not request a number; at most history_max."),
            Setting(
                "history_max", \.roomLimits.historyMax, .wholeNumber(1...100_000), unit: "messages", .restart,
                "The maximum number of messages in the answer to one request for history."),
            Setting(
                "recent_per_room", \.roomLimits.recentPerRoom, .wholeNumber(1...65_536), unit: "messages", .restart,
                "The messages of each room kept in memory, from which joins and resumes are served."),
        ])

    private static let compression = SettingGroup(
        "Compression",
        [
            Setting(
                "compression", \.compression, .bool, .restart,
                "Whether the server accepts permessage-deflate (RFC 7692) from clients that offer it.")
        ])

    private static let process = SettingGroup(
        "Process",
        [
            Setting(
                "session_check_s", \.sessionCheckInterval, .optionalSeconds(0.1...3600), unit: "seconds", .restart,
                "The interval at which sessions about to expire are checked, and a tenth of all others in turn."),
            Setting(
                "drain_timeout_s", \.drainTimeout, .seconds(0...300), unit: "seconds", .restart,
                "The time after which a stop disconnects the remaining clients; 0 does not wait."),
            Setting(
                "log_level", \.logLevel, .logLevel, .atOnce,
                "The least severe level that is logged."),
        ])
}
