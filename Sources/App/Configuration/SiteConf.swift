package import Logging
package import Net
package import Rooms

/// The settings of a server: `site_conf.json` after it was read and checked.
///
/// The initial value of a property is the default of its setting, which `Settings` declares.
package struct SiteConf: Sendable, Equatable {
    /// `db_url`: where the database is.
    package var database = DatabaseLocation.embedded(directory: "data/postgres")
    /// `db_pool_size`: connections for queries, besides the one that listens.
    package var databasePoolSize = 4
    /// `db_schema`: the schema of the database that holds all tables and functions.
    package var databaseSchema = "public"
    /// `ws_server`: where WebSocket clients connect.
    package var wsServer = WSServerConf()
    /// `html_server`: where the page is served; nil when turned off.
    package var htmlServer: HTMLServerConf? = HTMLServerConf()
    /// `ops_server`: health and metrics; nil when turned off.
    package var opsServer: OpsServerConf? = OpsServerConf()
    /// `user`: the user that a server started as root changes to when it has bound its ports; nil to stay root.
    package var user: String?
    /// `group`: the group that it changes to; nil for the user's own.
    package var group: String?
    /// `allowed_origins`: web origins that may connect; nil if any may.
    package var allowedOrigins: [String]?
    /// `trusted_proxies`: the addresses of proxies that may name the client they forward for.
    package var trustedProxies: [AddressBlock] = []
    /// `compression`: whether clients that ask for it get, and may send, compressed messages.
    package var compression = true
    /// The limits of the network side, most of `limits` among them.
    package var netLimits = NetLimits()
    /// The limits of the core, those of history among them.
    package var roomLimits = RoomLimits()
    /// `session_check_s`: how often sessions are checked for changes; nil if they are not.
    package var sessionCheckInterval: Duration? = .seconds(1)
    /// `drain_timeout_s`: how long a stop may take before the remaining clients are disconnected.
    package var drainTimeout: Duration = .seconds(10)
    /// `log_level`: the least severe level that is logged.
    package var logLevel = Logger.Level.info

    /// The defaults.
    package init() {}
}
