internal import Net
internal import Rooms

/// Values that are valid alone but contradict each other.
enum SiteConfContradictions {
    /// Reports every contradiction of `conf` at the key that most likely has to be corrected.
    static func check(_ conf: SiteConf, _ root: SectionReader, _ reading: ConfigReading) {
        func add(_ path: String, _ text: String) { reading.add(path, text, at: root.position(of: path)) }

        if conf.roomLimits.historyOnJoin > conf.roomLimits.historyMax {
            add(
                "history_on_join",
                "\(conf.roomLimits.historyOnJoin) is more than history_max (\(conf.roomLimits.historyMax))")
        }
        if conf.netLimits.messageBytesMax > conf.netLimits.sendQueueBytesMax {
            add(
                "limits.message_bytes_max",
                "\(conf.netLimits.messageBytesMax) is more than limits.send_queue_bytes_max "
                    + "(\(conf.netLimits.sendQueueBytesMax)): such a message could never be delivered")
        }
        // A default is turned off silently; only a time-out of the file is left here.
        if conf.netLimits.pingInterval == nil, conf.netLimits.pingTimeout != nil {
            add("limits.ping_timeout_s", "means nothing while ping_interval_s is off; turn it off too (null)")
        }
        if conf.group != nil, conf.user == nil {
            add("group", "means nothing without user; name the user too")
        }
        checkTLS("ws_server", conf.wsServer.tls, root, add)
        guard let html = conf.htmlServer else { return }
        checkTLS("html_server", html.tls, root, add)
        if html.strictTransportSeconds != nil, html.tls.files == nil, conf.trustedProxies.isEmpty {
            add(
                "html_server.hsts_s",
                "means nothing without TLS: give cert and key, or name in trusted_proxies the proxy that has them")
        }
        if html.address.isSame(as: conf.wsServer.address), html.tls.files != conf.wsServer.tls.files {
            add(
                "html_server",
                "shares host and port with ws_server, and so one listener; cert, key and ca must be the same in both")
        }
        guard html.tls.files != nil else { return }
        if let url = html.wsURL, url.hasPrefix("ws://") {
            add("html_server.ws_url", "a browser refuses ws:// from an https page; use wss://")
        } else if html.wsURL == nil, conf.wsServer.tls.files == nil {
            add(
                "html_server.ws_url",
                "needed: the page is served by https and ws_server has no cert; give the wss:// address of its proxy")
        }
    }

    /// Reports files that are given without those that they need; a file that is given but wrong is an issue already.
    private static func checkTLS(
        _ server: String, _ tls: TLSConf, _ root: SectionReader, _ add: (_ path: String, _ text: String) -> Void
    ) {
        switch (root.isSet("\(server).cert"), root.isSet("\(server).key")) {
        case (true, true): return
        case (true, false): add("\(server).cert", "given without key; TLS needs both")
        case (false, true): add("\(server).key", "given without cert; TLS needs both")
        case (false, false):
            if !tls.chain.isEmpty { add("\(server).ca", "given without cert and key; it completes their chain") }
        }
    }
}
