/// The keys in which two configurations differ, grouped by whether a running server can change them.
struct SiteConfChange: Equatable {
    /// The keys that can change at once, such as `limits.messages_per_s`.
    var live: [String] = []
    /// The keys that only a new process can change.
    var needsRestart: [String] = []

    /// Compares the configuration that is in force with another one.
    init(from old: SiteConf, to new: SiteConf) {
        for setting in Setting.all where !setting.isSame(old, new) {
            if setting.isLive { live.append(setting.key) } else { needsRestart.append(setting.key) }
        }
    }
}

/// One key of the configuration.
private struct Setting: Sendable {
    let key: String
    let isLive: Bool
    let isSame: @Sendable (SiteConf, SiteConf) -> Bool

    static func live<Value: Equatable & Sendable>(
        _ key: String, _ value: @escaping @Sendable (SiteConf) -> Value
    ) -> Setting { Setting(key: key, isLive: true) { value($0) == value($1) } }

    static func fixed<Value: Equatable & Sendable>(
        _ key: String, _ value: @escaping @Sendable (SiteConf) -> Value
    ) -> Setting { Setting(key: key, isLive: false) { value($0) == value($1) } }

    /// A change to other TLS files, which is possible at once, and turning TLS on or off, which is not.
    static func tls(_ server: String, _ tls: @escaping @Sendable (SiteConf) -> TLSConf?) -> [Setting] {
        [
            fixed("\(server).cert") { tls($0) == nil },
            Setting(key: "\(server).cert", isLive: true) { old, new in
                guard let old = tls(old), let new = tls(new) else { return true }
                return old == new
            },
        ]
    }

    static let all: [Setting] =
        [
            fixed("db_url") { $0.database }, fixed("db_pool_size") { $0.databasePoolSize },
            fixed("ws_server.host") { $0.wsServer.address.host }, fixed("ws_server.port") { $0.wsServer.address.port },
            fixed("ws_server.reuse_port") { $0.wsServer.reusePort },
            fixed("html_server.host") { $0.htmlServer?.address.host },
            fixed("html_server.port") { $0.htmlServer?.address.port },
            fixed("html_server.ws_url") { $0.htmlServer?.wsURL },
            fixed("html_server.hsts_s") { $0.htmlServer?.strictTransportSeconds },
            fixed("html_server.access_log") { $0.htmlServer?.accessLog },
            fixed("ops_server.host") { $0.opsServer?.address.host },
            fixed("ops_server.port") { $0.opsServer?.address.port },
        ] + tls("ws_server") { $0.wsServer.tls } + tls("html_server") { $0.htmlServer?.tls } + [
            fixed("user") { $0.user }, fixed("group") { $0.group },
            live("allowed_origins") { $0.allowedOrigins },
            live("trusted_proxies") { $0.trustedProxies },
            fixed("history_on_join") { $0.historyOnJoin }, fixed("history_max") { $0.historyMax },
            fixed("recent_per_room") { $0.recentPerRoom },
            fixed("limits.message_bytes_max") { $0.limits.messageBytesMax },
            fixed("limits.connections_max") { $0.limits.connectionsMax },
            live("limits.connections_per_address_max") { $0.limits.connectionsPerAddressMax },
            fixed("limits.connections_per_session_max") { $0.limits.connectionsPerSessionMax },
            live("limits.handshake_timeout_s") { $0.limits.handshakeTimeout },
            live("limits.ping_interval_s") { $0.limits.pingInterval },
            live("limits.ping_timeout_s") { $0.limits.pingTimeout },
            fixed("limits.send_queue_bytes_max") { $0.limits.sendQueueBytesMax },
            live("limits.slow_timeout_s") { $0.limits.slowTimeout },
            live("limits.messages_per_s") { $0.limits.messagesPerSecond },
            live("limits.messages_burst") { $0.limits.messagesBurst },
            live("limits.session_messages_per_s") { $0.limits.sessionMessagesPerSecond },
            live("limits.session_messages_burst") { $0.limits.sessionMessagesBurst },
            fixed("session_check_s") { $0.sessionCheckInterval },
            fixed("drain_timeout_s") { $0.drainTimeout },
            live("log_level") { $0.logLevel },
        ]
}
