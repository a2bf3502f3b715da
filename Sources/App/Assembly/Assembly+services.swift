internal import Configuration
internal import DB
internal import NIOCore
internal import Net
internal import ProcessControl
internal import Rooms
internal import ServiceLifecycle
internal import Telemetry

extension Assembly {
    /// The services of a server on a database whose schema is up to date.
    ///
    /// They run at the same time and are stopped one after the other, the last one first: docs/architecture.md says why
    /// in this order.
    ///
    /// - Parameters:
    ///   - read: reads the configuration again at SIGHUP.
    ///   - account: the account to change to when the ports are bound; nil to keep the current one.
    static func services(
        _ conf: SiteConf, rereading read: @escaping Reloader.Reading, _ database: Database, _ cluster: EmbeddedCluster?,
        _ process: ServerProcess, becoming account: Account?, _ telemetry: Telemetry
    ) -> [any Service] {
        let (registry, logger) = (telemetry.registry, telemetry.logger)
        let descriptors = DescriptorPlan(conf, loops: System.coreCount).applied(logger)
        let (state, drainTime) = (ServiceState(), DrainTime(limit: conf.drainTimeout))
        var limits = conf.netLimits
        limits.socketsMax = descriptors.clients
        let netMetrics = NetMetrics(factory: registry)
        let loops = Loops(count: System.coreCount, limits: conf.netLimits, metrics: netMetrics)
        let node = Node(
            store: database, sessions: database, outlets: loops.outlets, limits: conf.roomLimits,
            metrics: RoomMetrics(factory: registry), logger: logger)
        let proxies = TrustedProxies(conf.trustedProxies)
        let chat = ChatServer(
            loops: loops, limits: limits, node: node, logger: logger, allowedOrigins: conf.allowedOrigins,
            compresses: conf.compression, proxies: proxies)
        let accessLog = conf.htmlServer?.accessLog.map { AccessLog(path: $0, metrics: registry) }
        let binder = Binder(
            conf: conf, loops: loops, chat: chat, proxies: proxies, accessLog: accessLog,
            ops: OpsRoutes(readiness: { state.readiness }, metrics: { PrometheusText.render(registry) }),
            predecessor: process.predecessor, pageSocketsMax: descriptors.pages, logger: logger)

        var services: [any Service] = []
        if let cluster { services.append(BackgroundService { await cluster.run() }) }
        services.append(BackgroundService { await StatsReporter(registry: registry, logger: logger).run() })
        if let accessLog { services.append(BackgroundService { await accessLog.run() }) }
        services.append(BackgroundService { await chat.run() })
        services.append(
            StoreService(
                database: database, node: node, sessionCheckInterval: conf.sessionCheckInterval, state: state,
                drainTime: drainTime, logger: logger))
        services.append(
            ListenerService(
                binder: binder, database: database, process: process, account: account, read: read,
                state: state, drainTime: drainTime, telemetry: telemetry))
        return services
    }
}
