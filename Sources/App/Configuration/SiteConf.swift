internal import Logging
internal import Net

/// The settings of a server: `site_conf.json` after it was read and checked.
///
/// The initial value of each property is the default of its key. `docs/configuration.md` describes every key.
struct SiteConf: Sendable, Equatable {
    /// `db_url`: where the database is.
    var database = DatabaseLocation.embedded(directory: "data/postgres")
    /// `db_pool_size`: connections for queries, besides the one that listens.
    var databasePoolSize = 4
    /// `ws_server`: where WebSocket clients connect.
    var wsServer = WSServerConf()
    /// `html_server`: where the page is served; nil when turned off.
    var htmlServer: HTMLServerConf? = HTMLServerConf()
    /// `ops_server`: health and metrics; nil when turned off.
    var opsServer: OpsServerConf? = OpsServerConf()
    /// `user`: the user that a server started as root changes to when it has bound its ports; nil to stay root.
    var user: String?
    /// `group`: the group that it changes to; nil for the user's own.
    var group: String?
    /// `allowed_origins`: web origins that may connect; nil if any may.
    var allowedOrigins: [String]?
    /// `trusted_proxies`: the addresses of proxies that may name the client they forward for.
    var trustedProxies: [AddressBlock] = []
    /// `compression`: whether clients that ask for it get, and may send, compressed messages.
    var compression = true
    /// `history_on_join`: messages sent to a client that does not request a number.
    var historyOnJoin = 100
    /// `history_max`: the maximum number of messages that one request for history returns.
    var historyMax = 1000
    /// `recent_per_room`: messages of a room kept in memory, already encoded.
    var recentPerRoom = 256
    /// `limits`: the limits for one client and for all clients together.
    var limits = LimitsConf()
    /// `session_check_s`: how often sessions are checked for changes; nil if they are not.
    var sessionCheckInterval: Duration? = .seconds(1)
    /// `drain_timeout_s`: how long a stop may take before the remaining clients are disconnected.
    var drainTimeout: Duration = .seconds(10)
    /// `log_level`: the least severe level that is logged.
    var logLevel = Logger.Level.info
}
