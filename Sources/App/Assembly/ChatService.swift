internal import Configuration
internal import DB
internal import Logging
internal import NIOCore
internal import NIOSSL
internal import Net
internal import Rooms
internal import ServiceLifecycle
internal import UnixSignals

/// The whole server: database, rooms and sockets, from the first connection attempt to the last drained client.
struct ChatService: Service {
    let conf: SiteConf
    let telemetry: Telemetry
    private let database: Database
    private let process: ServerProcess
    private let account: Account?
    private let read: Reloader.Reading
    private let descriptors: DescriptorShares
    private let state = ServiceState()
    private let loops: Loops
    private let node: Node
    private let hub: Hub
    private let chat: ChatServer
    private let proxies: TrustedProxies
    private let accessLog: AccessLog?

    /// A server on a database whose schema is up to date.
    ///
    /// - Parameters:
    ///   - read: reads the configuration again at SIGHUP.
    ///   - descriptors: how many sockets the servers may have.
    ///   - account: the account to change to when the ports are bound; nil to keep the current one.
    init(
        _ conf: SiteConf, rereading read: @escaping Reloader.Reading, database: Database, _ process: ServerProcess,
        _ descriptors: DescriptorShares, becoming account: Account?,
        _ telemetry: Telemetry
    ) {
        self.descriptors = descriptors
        self.account = account
        self.read = read
        self.conf = conf
        self.database = database
        self.process = process
        self.telemetry = telemetry
        let metrics = RoomMetrics(factory: telemetry.registry)
        let netMetrics = NetMetrics(factory: telemetry.registry)
        let loops = Loops(count: System.coreCount, limits: conf.netLimits, metrics: netMetrics)
        self.loops = loops
        node = Node(
            store: database, sessions: database, outlets: loops.outlets, limits: conf.roomLimits, metrics: metrics,
            logger: telemetry.logger)
        var hubLimits = conf.netLimits
        hubLimits.socketsMax = descriptors.clients
        hub = Hub(limits: hubLimits, metrics: netMetrics, logger: telemetry.logger, node: node)
        proxies = TrustedProxies(conf.trustedProxies)
        accessLog = conf.htmlServer?.accessLog.map { AccessLog(path: $0, metrics: telemetry.registry) }
        chat = ChatServer(
            loops: loops, hub: hub, allowedOrigins: conf.allowedOrigins, compresses: conf.compression, proxies: proxies)
    }

    /// Runs until every client is drained, after a graceful shutdown or after another process has taken over.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await database.run() }
            try await waitForDatabase()
            group.addTask { await chat.run() }
            group.addTask { for await event in database.events { await node.received(event) } }
            group.addTask { await watch() }
            group.addTask { await sweepSessions() }
            if let accessLog { group.addTask { await accessLog.run() } }
            async let stored: Void = node.run()
            let hangups = await UnixSignalsSequence(trapping: .sighup)
            let bound = try await listen()
            let listeners = bound.listeners
            group.addTask { await reloader(bound).run(hangups) }
            group.addTask { await SocketWatch(listeners: listeners, logger: telemetry.logger).run() }
            let restarter = Restarter(
                process.program, listeners: listeners, group: loops.group, logger: telemetry.logger)
            let hasSuccessor = await restarter.untilSucceeded()
            let deadline = ContinuousClock.now + conf.drainTimeout
            Watchdog.exit(after: conf.drainTimeout + .seconds(5), telemetry)
            await drain(listeners, hasSuccessor, until: deadline - conf.drainTimeout / 5)
            node.queue.close()
            await wait(until: deadline - conf.drainTimeout / 10) { node.isIdle }
            group.cancelAll()
            // Cancelled with the scope if the database is unavailable and messages still wait.
            if node.isIdle { await stored }
        }
    }

    private func waitForDatabase() async throws {
        try await cancelWhenGracefulShutdown {
            do throws(StoreError) {
                try await database.waitUntilAvailable(within: .seconds(15))
            } catch {
                throw ExitFailure(.databaseUnavailable, "the database is unavailable: \(error.reason)")
            }
        }
    }

    /// Listens and accepts clients; takes over from another process if there is one.
    private func listen() async throws -> Binder.Bound {
        do {
            let binder = Binder(
                conf: conf, loops: loops, chat: chat, proxies: proxies, accessLog: accessLog, ops: opsRoutes,
                predecessor: process.predecessor, pageSocketsMax: descriptors.pages, logger: telemetry.logger)
            let bound = try await binder.bind()
            process.predecessor.closeRest()
            try dropPrivileges()
            // Opened as the same user that opens it again at SIGHUP.
            if let accessLog { accessLog.use(try accessLog.open()) }
            // From here on nothing can fail, so the old process may stop.
            NotifySocket.tellReady()
            await process.predecessor.notifyReady()
            for listener in bound.listeners.values { try await listener.accept() }
            telemetry.logger.log(.info, .ready, bound.ports)
            telemetry.sink.writeSoon()
            return bound
        } catch let failure as ExitFailure {
            throw failure
        } catch {
            throw ExitFailure(.internalError, "cannot listen: \(error)")
        }
    }

    private func reloader(_ bound: Binder.Bound) -> Reloader {
        Reloader(
            conf, read: read, chat: chat, hub: hub, proxies: proxies, accessLog: accessLog, pages: bound.pages,
            identities: bound.identities, telemetry)
    }

    private func dropPrivileges() throws(ExitFailure) {
        guard let account else { return }
        try Privileges.drop(to: account)
        telemetry.logger.log(
            .info, .privilegesDropped,
            [
                "user": .string(account.name), "uid": .stringConvertible(account.userID),
                "gid": .stringConvertible(account.groupID),
            ])
    }

    private var opsRoutes: OpsRoutes {
        let (state, registry) = (state, telemetry.registry)
        return OpsRoutes(
            readiness: { state.readiness },
            metrics: { PrometheusText.render(registry) })
    }

    /// Checks once a second whether the database is available, and logs each change.
    private func watch() async {
        // Cancellation ends the pause, and the loop with it.
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let isAvailable = await database.isAvailable
            if state.setAvailable(isAvailable) {
                telemetry.logger.log(
                    isAvailable ? .info : .warning, isAvailable ? .databaseAvailable : .databaseUnavailable)
            }
        }
    }

    /// Checks the sessions at intervals: makes up for lost notifications, and finds expired sessions.
    private func sweepSessions() async {
        guard let interval = conf.sessionCheckInterval else { return }
        // Cancellation ends the pause, and the loop with it.
        while (try? await Task.sleep(for: interval)) != nil { await node.liveSessions.sweep(now: .now()) }
    }

    /// Stops accepting, closes the client connections over at most half of the time, and waits until they are closed.
    private func drain(
        _ listeners: [String: Listener], _ hasSuccessor: Bool, until deadline: ContinuousClock.Instant
    ) async {
        // With a successor, the service stays ready, also for requests on an old connection.
        if !hasSuccessor { state.startDraining() }
        telemetry.logger.log(.info, .draining, ["connections": .stringConvertible(hub.connectionCount)])
        for listener in listeners.values { await listener.close() }
        let plan = DrainPlan(
            connections: hub.connectionCount, timeout: conf.drainTimeout, hasSuccessor: hasSuccessor)
        await chat.drain(over: TimeAmount(plan.spread), for: plan.reason)
        // Some clients have connected but sent no request yet, perhaps one for a page, and are not counted. This sleep
        // is never cancelled: the server stops.
        try? await Task.sleep(for: plan.loginGrace)
        await wait(until: deadline) { hub.connectionCount == 0 }
    }

    private func wait(until deadline: ContinuousClock.Instant, for isDone: () -> Bool) async {
        // The deadline bounds the loop, also if the sleep returns at once after a cancellation.
        while !isDone(), ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(20)) }
    }
}
