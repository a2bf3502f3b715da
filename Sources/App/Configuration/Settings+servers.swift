extension Settings {
    static let servers = SettingGroup(
        "Servers",
        [
            Setting(
                "html_server", \.htmlServer.isOn, .serverOrNull, .restart, "The server of the page; null turns it off."),
            Setting(
                "ops_server", \.opsServer.isOn, .serverOrNull, .restart,
                "The server of health and metrics; null turns it off."),
        ])

    static let wsServer = SettingGroup(
        "ws_server", section: "ws_server",
        address("ws_server", host: \.wsServer.address.host, port: \.wsServer.address.port)
            + tls(
                "ws_server", certificate: \.wsServer.tls.certificate, privateKey: \.wsServer.tls.privateKey,
                chain: \.wsServer.tls.chain
            ) { $0.wsServer.tls.files != nil } + [
                Setting(
                    "ws_server.reuse_port", \.wsServer.reusePort, .bool, .restart,
                    "Whether several processes may listen on the port (SO_REUSEPORT).")
            ])

    static let htmlServer = SettingGroup(
        "html_server", section: "html_server",
        address(
            "html_server", host: \.htmlServer.settings.address.host, port: \.htmlServer.settings.address.port)
            + tls(
                "html_server", certificate: \.htmlServer.settings.tls.certificate,
                privateKey: \.htmlServer.settings.tls.privateKey, chain: \.htmlServer.settings.tls.chain
            ) { $0.htmlServer?.tls.files != nil } + [
                Setting(
                    "html_server.ws_url", \.htmlServer.settings.wsURL, .optionalWebSocketURL, .restart,
                    "The address to which the page connects; null derives it from ws_server."),
                Setting(
                    "html_server.hsts_s", \.htmlServer.settings.strictTransportSeconds,
                    .optionalWholeNumber(1...63_072_000, off: "to turn it off"), unit: "seconds", .restart,
                    "The time for which browsers that connected over TLS must use only TLS (HSTS, RFC 6797)."),
                Setting(
                    "html_server.access_log", \.htmlServer.settings.accessLog, .optionalPath, .restart,
                    "The file to which a line is appended for each answered request; null writes none."),
            ])

    static let opsServer = SettingGroup(
        "ops_server", section: "ops_server",
        address("ops_server", host: \.opsServer.settings.address.host, port: \.opsServer.settings.address.port))

    private typealias Property<Value> = any WritableKeyPath<SiteConf, Value> & Sendable

    private static func address(_ server: String, host: Property<String>, port: Property<Int>) -> [Setting] {
        [
            Setting(
                "\(server).host", host, .string.allowing("an address or name of this machine"), .restart,
                "The address on which the server listens."),
            Setting(
                "\(server).port", port, .wholeNumber(0...65_535), .restart,
                "The port of the server; 0 takes a free port."),
        ]
    }

    private static func tls(
        _ server: String, certificate: Property<String?>, privateKey: Property<String?>, chain: Property<[String]>,
        isOn: @escaping @Sendable (SiteConf) -> Bool
    ) -> [Setting] {
        [
            Setting(
                "\(server).cert", certificate, .optionalPath.allowing("a PEM certificate, with or without its chain"),
                .newConnections, if: isOn,
                "The certificate of the server; null is no TLS, and a change from or to null needs a restart."),
            Setting(
                "\(server).key", privateKey, .optionalPath.allowing("a PEM private key without passphrase"),
                .newConnections, if: isOn, "The private key of the certificate; null is no TLS."),
            Setting(
                "\(server).ca", chain, .paths.allowing("PEM certificates"), .newConnections, if: isOn,
                "Further certificates of the chain, in the order in which they are sent."),
        ]
    }
}
