internal import Logging
internal import Rooms

/// The connection that listens (`application_name` is `chat-listen`), reopened whenever it breaks.
struct EventListener: Sendable {
    let options: ConnectionOptions
    let schema: DatabaseSchema
    let queue: StoreEventQueue
    /// Identifies this process in its own notifications, which it ignores.
    let token: String
    let logger: Logger

    /// Listens until the task is cancelled.
    func run() async {
        var backoff = Backoff()
        var attempt = 0
        var wasListening = false
        while !Task.isCancelled {
            do throws(PostgresError) {
                let connection = try await PostgresConnection.open(options.rotated(by: attempt))
                do throws(PostgresError) {
                    try await connection.pin(to: schema)
                    _ = try await connection.run(schema.listening)
                    backoff.reset()
                    wasListening = true
                    try await listen(on: connection)
                } catch {
                    await connection.close()
                    throw error
                }
            } catch {
                guard !Task.isCancelled else { return }
                let pause = backoff.pause()
                logger.log(
                    wasListening ? .notice : .debug, .listeningConnectionLost,
                    [.pool: "chat-listen", .reason: "\(error.reason)", .retryMilliseconds: "\(pause.milliseconds)"])
                wasListening = false
                attempt += 1
                // Cancellation ends the pause, and the loop with it.
                try? await Task.sleep(for: pause)
            }
        }
    }

    private func listen(on connection: PostgresConnection) async throws(PostgresError) {
        logger.log(.debug, .databaseListening, [.pool: "chat-listen"])
        // Notifications sent before LISTEN took effect were missed.
        queue.add(.resync)
        while true {
            for payload in await connection.takeNotifications() {
                if let event = StoreEvent(payload: payload, token: token) { queue.add(event) }
            }
            let probeTime = ContinuousClock.now + DBLimits.listenProbeInterval
            guard await connection.rest(until: probeTime) else { throw .connectionLost("the connection broke") }
            // A silent peer may be dead: probe it at intervals.
            guard ContinuousClock.now >= probeTime else { continue }
            _ = try await connection.run(.ping, within: DBLimits.listenProbeDeadline)
        }
    }
}
