internal import Logging
internal import Net

/// Turns the tree of a `site_conf.json` into settings, or into a list of everything that is wrong with it.
struct SiteConfReader {
    private let directory: String
    private let issues = ConfigIssueList()

    /// Reads a configuration.
    ///
    /// - Parameters:
    ///   - root: the document.
    ///   - directory: the base of relative paths.
    ///   - environmentURL: the value of `CHAT_DB_URL`, which overrides `db_url`.
    /// - Throws: `ConfigErrors` with every issue, under the name `source`.
    static func read(
        _ root: JSONNode, directory: String, environmentURL: String?, source: String
    ) throws(ConfigErrors) -> SiteConf {
        let reader = SiteConfReader(directory: directory)
        var section = SectionReader(root, path: "", issues: reader.issues)
        let conf = reader.readRoot(&section, environmentURL: environmentURL)
        section.finish()
        SiteConfContradictions.check(conf, section, reader.issues)
        let issues = reader.issues.inFileOrder
        guard issues.isEmpty else { throw ConfigErrors(source: source, issues: issues) }
        return conf
    }

    private init(directory: String) { self.directory = directory }

    private func readRoot(_ root: inout SectionReader, environmentURL: String?) -> SiteConf {
        var conf = SiteConf()
        conf.database = readDatabase(&root, environmentURL: environmentURL, default: conf.database)
        conf.databasePoolSize = root.integer("db_pool_size", in: 2...100, default: conf.databasePoolSize)
        if root.isNull("ws_server") {
            root.reject("ws_server", "must not be null: without it there is nothing to serve")
        }
        conf.wsServer = root.section("ws_server", readWSServer) ?? conf.wsServer
        conf.htmlServer = root.isNull("html_server") ? nil : conf.htmlServer
        conf.htmlServer = root.section("html_server", readHTMLServer) ?? conf.htmlServer
        conf.opsServer = root.isNull("ops_server") ? nil : conf.opsServer
        conf.opsServer = root.section("ops_server", readOpsServer) ?? conf.opsServer
        conf.user = root.optionalString("user")
        conf.group = root.optionalString("group")
        conf.trustedProxies = readProxies(&root)
        conf.allowedOrigins = readOrigins(&root)
        conf.compression = root.bool("compression", default: conf.compression)
        conf.historyOnJoin = root.integer("history_on_join", in: 0...100_000, default: conf.historyOnJoin)
        conf.historyMax = root.integer("history_max", in: 1...100_000, default: conf.historyMax)
        conf.recentPerRoom = root.integer("recent_per_room", in: 1...65_536, default: conf.recentPerRoom)
        conf.limits = root.section("limits", readLimits) ?? conf.limits
        conf.sessionCheckInterval = root.optionalSeconds(
            "session_check_s", in: 0.1...3600, default: conf.sessionCheckInterval)
        conf.drainTimeout = .seconds(
            root.number("drain_timeout_s", in: 0...300, default: conf.drainTimeout / .seconds(1)))
        conf.logLevel = readLogLevel(&root, default: conf.logLevel)
        return conf
    }

    private func readDatabase(
        _ root: inout SectionReader, environmentURL: String?, default fallback: DatabaseLocation
    ) -> DatabaseLocation {
        let written = root.string("db_url", default: "embedded:data/postgres")
        // Many shells and container tools set an empty variable for "not set".
        let overriding = environmentURL.flatMap { $0.isEmpty ? nil : $0 }
        let text = overriding ?? written
        guard text.hasPrefix("embedded:") else { return .url(text) }
        let path = String(text.dropFirst("embedded:".count))
        guard !path.isEmpty else {
            let issue = "names no directory; write \"embedded:DIR\""
            if overriding == nil { root.reject("db_url", issue) } else { issues.add("CHAT_DB_URL", issue, at: nil) }
            return fallback
        }
        return .embedded(directory: resolve(path))
    }

    private func readAddress(_ section: inout SectionReader, default fallback: SocketAddressConf) -> SocketAddressConf {
        SocketAddressConf(
            host: section.string("host", default: fallback.host),
            port: section.integer("port", in: 0...65_535, default: fallback.port))
    }

    private func readTLS(_ section: inout SectionReader) -> TLSConf? {
        let certificate = section.optionalString("cert")
        let key = section.optionalString("key")
        let chain = section.strings("ca") ?? []
        switch (certificate, key) {
        case (.some(let certificate), .some(let key)):
            return TLSConf(certificate: resolve(certificate), privateKey: resolve(key), chain: chain.map(resolve))
        case (.some, nil):
            if !section.isSet("key") { section.reject("cert", "given without key; TLS needs both") }
        case (nil, .some):
            if !section.isSet("cert") { section.reject("key", "given without cert; TLS needs both") }
        case (nil, nil):
            if !chain.isEmpty { section.reject("ca", "given without cert and key; it completes their chain") }
        }
        return nil
    }

    private func readWSServer(_ section: inout SectionReader) -> WSServerConf {
        var server = WSServerConf()
        server.address = readAddress(&section, default: server.address)
        server.tls = readTLS(&section)
        server.reusePort = section.bool("reuse_port", default: server.reusePort)
        return server
    }

    private func readHTMLServer(_ section: inout SectionReader) -> HTMLServerConf {
        var server = HTMLServerConf()
        server.address = readAddress(&section, default: server.address)
        server.tls = readTLS(&section)
        server.wsURL = section.optionalString("ws_url")
        if let url = server.wsURL, !WebAddress.isWebSocketURL(url) {
            section.reject("ws_url", "expected an address that begins with ws:// or wss:// and names a host")
        }
        server.strictTransportSeconds = section.optionalInteger("hsts_s", in: 1...63_072_000, default: nil)
        server.accessLog = section.optionalString("access_log").map(resolve)
        return server
    }

    private func readOpsServer(_ section: inout SectionReader) -> OpsServerConf {
        OpsServerConf(address: readAddress(&section, default: OpsServerConf().address))
    }

    private func readLimits(_ section: inout SectionReader) -> LimitsConf {
        var limits = LimitsConf()
        limits.messageBytesMax = section.integer(
            "message_bytes_max", in: 1...16_777_216, default: limits.messageBytesMax)
        limits.connectionsMax = section.optionalInteger(
            "connections_max", in: 1...10_000_000, default: limits.connectionsMax)
        limits.connectionsPerAddressMax = section.optionalInteger(
            "connections_per_address_max", in: 1...10_000_000, default: limits.connectionsPerAddressMax)
        limits.connectionsPerSessionMax = section.optionalInteger(
            "connections_per_session_max", in: 1...10_000_000, default: limits.connectionsPerSessionMax)
        limits.handshakeTimeout = section.optionalSeconds(
            "handshake_timeout_s", in: 0.1...3600, default: limits.handshakeTimeout)
        limits.pingInterval = section.optionalSeconds(
            "ping_interval_s", in: 0.1...3600, default: limits.pingInterval)
        limits.pingTimeout = section.optionalSeconds("ping_timeout_s", in: 0.1...3600, default: limits.pingTimeout)
        limits.sendQueueBytesMax = section.integer(
            "send_queue_bytes_max", in: 4096...1_073_741_824, default: limits.sendQueueBytesMax)
        limits.slowTimeout = section.optionalSeconds("slow_timeout_s", in: 0.1...3600, default: limits.slowTimeout)
        limits.messagesPerSecond = section.optionalNumber(
            "messages_per_s", in: 0.01...1_000_000, default: limits.messagesPerSecond)
        limits.messagesBurst = section.integer("messages_burst", in: 1...1_000_000, default: limits.messagesBurst)
        // A session may use several connections at once: by default its limit is that of ten connections.
        limits.sessionMessagesPerSecond = section.optionalNumber(
            "session_messages_per_s", in: 0.01...1_000_000, default: limits.messagesPerSecond.map { $0 * 10 })
        limits.sessionMessagesBurst = section.integer(
            "session_messages_burst", in: 1...1_000_000, default: limits.messagesBurst * 10)
        if limits.pingInterval == nil, limits.pingTimeout != nil {
            // Only the default is turned off silently; a configured time-out that can never fire is a mistake.
            if section.isSet("ping_timeout_s") {
                section.reject("ping_timeout_s", "means nothing while ping_interval_s is off; turn it off too (null)")
            }
            limits.pingTimeout = nil
        }
        return limits
    }

    private func readOrigins(_ root: inout SectionReader) -> [String]? {
        guard root.isSet("allowed_origins") else {
            _ = root.node("allowed_origins")
            return nil
        }
        let origins = root.strings("allowed_origins")
        for (index, origin) in (origins ?? []).enumerated() where !WebAddress.isOrigin(origin) {
            root.reject(
                "allowed_origins", element: index,
                "expected an origin as a browser sends it: https://host or https://host:port, nothing after it")
        }
        return origins
    }

    private func readProxies(_ root: inout SectionReader) -> [AddressBlock] {
        let texts = root.strings("trusted_proxies") ?? []
        if texts.count > Self.proxiesMax {
            root.reject("trusted_proxies", "has \(texts.count) entries; allowed: at most \(Self.proxiesMax)")
        }
        return texts.enumerated().compactMap { index, text in
            let block = AddressBlock(text)
            if block == nil {
                root.reject(
                    "trusted_proxies", element: index,
                    "expected an address or a block of addresses, such as 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32, with no "
                        + "bits set behind the block's length")
            }
            return block
        }
    }

    private func readLogLevel(_ root: inout SectionReader, default fallback: Logger.Level) -> Logger.Level {
        let name = root.string("log_level", default: fallback.rawValue)
        guard let level = Logger.Level(rawValue: name) else {
            let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            root.reject("log_level", "expected one of \(names)")
            return fallback
        }
        return level
    }

    private func resolve(_ path: String) -> String {
        path.hasPrefix("/") || directory.isEmpty ? path : "\(directory)/\(path)"
    }

    /// Each connection is compared with all of them.
    private static let proxiesMax = 256
}
