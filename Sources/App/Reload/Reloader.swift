internal import Configuration
internal import Exit
internal import Logging
internal import NIOSSL
internal import Net
internal import Telemetry
internal import UnixSignals

/// Handles SIGHUP: reads the configuration and TLS files again, and changes all that can change at once, or nothing.
actor Reloader {
    /// Reads the configuration as at the start.
    typealias Reading = @Sendable () throws(ConfigErrors) -> SiteConf

    private let read: Reading
    private let chat: ChatServer
    private let proxies: TrustedProxies
    private let accessLog: AccessLog?
    private let pages: [HTTPPipeline]
    private let identities: [String: TLSIdentity]
    private let telemetry: Telemetry
    /// The configuration in force.
    private var conf: SiteConf

    /// - Parameters:
    ///   - conf: the configuration that the server was started with.
    ///   - pages: the pipelines that answer plain requests.
    ///   - identities: the TLS identities of the servers that have TLS, by the name of the server.
    init(
        _ conf: SiteConf, read: @escaping Reading, chat: ChatServer, proxies: TrustedProxies,
        accessLog: AccessLog?, pages: [HTTPPipeline], identities: [String: TLSIdentity], _ telemetry: Telemetry
    ) {
        self.conf = conf
        self.read = read
        self.chat = chat
        self.proxies = proxies
        self.accessLog = accessLog
        self.pages = pages
        self.identities = identities
        self.telemetry = telemetry
    }

    /// Handles signals until cancelled.
    ///
    /// - Parameter hangups: SIGHUP, trapped before clients may connect, so that none is missed.
    func run(_ hangups: UnixSignalsSequence) async {
        for await _ in hangups { reload() }
    }

    /// Changes everything that can change, or nothing; the log shows which.
    func reload() {
        do {
            let new = try read()
            let contexts = try contexts(of: new)
            let accessFile = try accessLog?.open()
            // From here on nothing can fail.
            let change = SiteConfChange(from: conf, to: new)
            for setting in change.live { setting.copy(&conf, new) }
            for (server, context) in contexts { identities[server]?.show(context) }
            if let accessFile { accessLog?.use(accessFile) }
            apply()
            // The line is logged if the level before or after the change allows it.
            telemetry.level.level = min(telemetry.level.level, conf.logLevel)
            telemetry.logger.log(.info, .reloaded, Self.metadata(change))
            telemetry.level.level = conf.logLevel
        } catch {
            let lines = (error as? ConfigErrors)?.lines ?? (error as? ExitFailure)?.lines ?? ["\(error)"]
            telemetry.logger.log(.error, .reloadFailed, ["reason": .string(lines.joined(separator: "; "))])
        }
        telemetry.sink.writeSoon()
    }

    /// Reads the files of every server that has TLS both now and in the new configuration.
    private func contexts(of new: SiteConf) throws(ExitFailure) -> [String: NIOSSLContext] {
        var contexts: [String: NIOSSLContext] = [:]
        for (server, tls) in [("ws_server", new.wsServer.tls.files), ("html_server", new.htmlServer?.tls.files)] {
            guard let tls, identities[server] != nil else { continue }
            contexts[server] = try Binder.context(tls, server)
        }
        return contexts
    }

    /// Tells the parts of the server the settings in force.
    private func apply() {
        chat.allow(origins: conf.allowedOrigins)
        proxies.trust(conf.trustedProxies)
        chat.setLimits(conf.netLimits)
        for pages in pages { pages.setConnectionsPerAddressMax(conf.netLimits.connectionsPerAddressMax) }
    }

    private static func metadata(_ change: SiteConfChange) -> Logger.Metadata {
        var metadata: Logger.Metadata = [:]
        if !change.live.isEmpty { metadata["changed"] = .array(change.live.map { .string($0.path) }) }
        if !change.needsRestart.isEmpty {
            metadata["needs_restart"] = .array(change.needsRestart.map { .string($0.path) })
        }
        return metadata
    }
}
