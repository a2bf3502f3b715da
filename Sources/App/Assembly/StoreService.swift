internal import Configuration
internal import DB
internal import Logging
internal import Net
internal import Rooms
internal import ServiceLifecycle
internal import Telemetry

/// The rooms and their database: stores what clients send, shows it, and learns what other processes have stored.
struct StoreService: Service {
    let database: Database
    let node: Node
    /// The time between two checks of the sessions; nil for no checks.
    let sessionCheckInterval: Duration?
    let state: ServiceState
    let drainTime: DrainTime
    let logger: Logger

    /// Runs until its turn in the shutdown; then stores and shows what is left, and closes the database.
    func run() async {
        await withTaskGroup(of: Void.self) { parts in
            parts.addTask { await database.run() }
            parts.addTask { for await event in database.events { await node.received(event) } }
            parts.addTask { await watch() }
            if let sessionCheckInterval { parts.addTask { await sweepSessions(every: sessionCheckInterval) } }
            parts.addTask { await storeAndShow() }
            parts.addTask { await deadline() }
            // The node or, if the database is unavailable, the time to stop ends first. The rest ends together: the node
            // may wait for the database.
            await parts.next()
            parts.cancelAll()
        }
    }

    private func storeAndShow() async {
        await withGracefulShutdownHandler {
            await node.run()
        } onGracefulShutdown: {
            node.queue.close()
        }
    }

    /// Returns when the time to store is over.
    private func deadline() async {
        // Both waits end early only if the service is cancelled.
        guard (try? await gracefulShutdown()) != nil else { return }
        try? await Task.sleep(until: drainTime.storeDeadline, clock: .continuous)
    }

    /// Checks once a second whether the database is available, and logs each change.
    private func watch() async {
        // Cancellation ends the pause, and the loop with it.
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let isAvailable = await database.isAvailable
            if state.setAvailable(isAvailable) {
                logger.log(isAvailable ? .info : .warning, isAvailable ? .databaseAvailable : .databaseUnavailable)
            }
        }
    }

    /// Checks the sessions at intervals: makes up for lost notifications, and finds expired sessions.
    private func sweepSessions(every interval: Duration) async {
        // Cancellation ends the pause, and the loop with it.
        while (try? await Task.sleep(for: interval)) != nil { await node.liveSessions.sweep(now: .now()) }
    }
}
