internal import Configuration
internal import DB
internal import Exit
internal import Logging
internal import NIOCore
internal import Net
internal import ProcessControl
internal import Rooms
internal import ServiceLifecycle
internal import Telemetry
internal import UnixSignals

/// The sockets of the server: listens, reloads and restarts on request, and closes the clients at the end.
struct ListenerService: Service {
    let binder: Binder
    let database: Database
    let process: ServerProcess
    /// The account to change to when the ports are bound; nil to keep the current one.
    let account: Account?
    /// Reads the configuration again at SIGHUP.
    let read: Reloader.Reading
    let state: ServiceState
    let drainTime: DrainTime
    let telemetry: Telemetry

    private var chat: ChatServer { binder.chat }

    /// Runs until its turn in the shutdown, or until another process has taken over; then closes all clients.
    func run() async throws {
        try await waitForDatabase()
        // Trapped before clients may connect, so that none is missed.
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        let bound = try await listen()
        let reloader = Reloader(
            binder.conf, read: read, chat: chat, proxies: binder.proxies, accessLog: binder.accessLog,
            pages: bound.pages, identities: bound.identities, telemetry)
        let restarter = Restarter(
            process.program, listeners: bound.listeners, group: binder.loops.group, logger: telemetry.logger)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await reloader.run(hangups) }
            group.addTask { await SocketWatch(listeners: bound.listeners, logger: telemetry.logger).run() }
            let hasSuccessor = await restarter.untilSucceeded()
            drainTime.begin()
            Watchdog.exit(after: drainTime.limit + .seconds(5), telemetry)
            await drain(bound.listeners, hasSuccessor)
            group.cancelAll()
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
            let bound = try await binder.bind()
            process.predecessor.closeRest()
            try dropPrivileges()
            // Opened as the same user that opens it again at SIGHUP.
            if let accessLog = binder.accessLog { accessLog.use(try accessLog.open()) }
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

    /// Stops accepting, closes the client connections over at most half of the time, and waits until they are closed.
    private func drain(_ listeners: [String: Listener], _ hasSuccessor: Bool) async {
        // With a successor, the service stays ready, also for requests on an old connection.
        if !hasSuccessor { state.startDraining() }
        telemetry.logger.log(.info, .draining, ["connections": .stringConvertible(chat.connectionCount)])
        for listener in listeners.values { await listener.close() }
        let plan = DrainPlan(
            connections: chat.connectionCount, timeout: drainTime.limit, hasSuccessor: hasSuccessor)
        await chat.drain(over: TimeAmount(plan.spread), for: plan.reason)
        // Some clients have connected but sent no request yet, perhaps one for a page, and are not counted. This sleep
        // is never cancelled: the server stops.
        try? await Task.sleep(for: plan.loginGrace)
        // The deadline bounds the loop, also if the sleep returns at once after a cancellation.
        let deadline = drainTime.clientsDeadline
        while chat.connectionCount > 0, ContinuousClock.now < deadline {
            // Never cancelled either; the deadline ends the loop.
            try? await Task.sleep(for: .milliseconds(20))
        }
    }
}
