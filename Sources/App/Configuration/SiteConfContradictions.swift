/// Values that are valid alone but contradict each other.
enum SiteConfContradictions {
    /// Reports every contradiction of `conf` at the key that most likely has to be corrected.
    static func check(_ conf: SiteConf, _ root: SectionReader, _ issues: ConfigIssueList) {
        func add(_ path: String, _ text: String) { issues.add(path, text, at: root.position(of: path)) }

        if conf.historyOnJoin > conf.historyMax {
            add("history_on_join", "\(conf.historyOnJoin) is more than history_max (\(conf.historyMax))")
        }
        if conf.limits.messageBytesMax > conf.limits.sendQueueBytesMax {
            add(
                "limits.message_bytes_max",
                "\(conf.limits.messageBytesMax) is more than limits.send_queue_bytes_max "
                    + "(\(conf.limits.sendQueueBytesMax)): such a message could never be delivered")
        }
        if conf.group != nil, conf.user == nil {
            add("group", "means nothing without user; name the user too")
        }
        guard let html = conf.htmlServer else { return }
        if html.strictTransportSeconds != nil, html.tls == nil, conf.trustedProxies.isEmpty {
            add(
                "html_server.hsts_s",
                "means nothing without TLS: give cert and key, or name in trusted_proxies the proxy that has them")
        }
        if html.address.isSame(as: conf.wsServer.address), html.tls != conf.wsServer.tls {
            add(
                "html_server",
                "shares host and port with ws_server, and so one listener; cert, key and ca must be the same in both")
        }
        guard html.tls != nil else { return }
        if let url = html.wsURL, url.hasPrefix("ws://") {
            add("html_server.ws_url", "a browser refuses ws:// from an https page; use wss://")
        } else if html.wsURL == nil, conf.wsServer.tls == nil {
            add(
                "html_server.ws_url",
                "needed: the page is served by https and ws_server has no cert; give the wss:// address of its proxy")
        }
    }
}
