internal import Logging
internal import Metrics
internal import Rooms

/// A fixed number of connections, each of which reconnects by itself, and the queue of statements for them.
///
/// Pinned to the loop like its connections, so a call between them does not change the thread.
actor PostgresPool {
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop lives as long as the process, so the reference cannot dangle.
        unsafe PostgresLoop.shared.asUnownedSerialExecutor()
    }

    private let name: String
    private let size: Int
    private let options: ConnectionOptions
    private let schema: DatabaseSchema
    private let statementTimeout: Duration
    private let logger: Logger
    private let metrics: DBMetrics
    private var state: PoolStateMachine<PoolRequest>
    private var connections: [Int: PostgresConnection] = [:]

    /// A pool that starts to connect in `run()`.
    ///
    /// - Parameter statementTimeout: how long the database works on a statement before it cancels it.
    init(
        name: String, size: Int, options: ConnectionOptions, schema: DatabaseSchema,
        statementTimeout: Duration = DBLimits.statementTimeout, logger: Logger, metrics: DBMetrics
    ) {
        self.name = name
        self.size = size
        self.options = options
        self.schema = schema
        self.statementTimeout = statementTimeout
        self.logger = logger
        self.metrics = metrics
        state = PoolStateMachine(
            size: size,
            limits: .init(
                urgentWaitersMax: DBLimits.poolUrgentWaitersMax, bulkWaitersMax: DBLimits.poolBulkWaitersMax,
                bulkMax: Self.bulkMax(of: size)))
    }

    /// How many of `size` connections work on bulk statements at once: all but one, if there are at least two.
    static func bulkMax(of size: Int) -> Int { max(1, size - 1) }

    /// Whether a connection is open.
    var isOpen: Bool { state.openCount > 0 }

    /// Keeps the connections open until the task is cancelled; then every waiting statement is refused.
    func run() async {
        await withDiscardingTaskGroup { group in
            for slot in 0..<size { group.addTask { await self.keep(slot) } }
        }
        for request in state.end() { refuse(request, "the server is stopping") }
    }

    /// Runs a statement on the next free connection; urgent ones go first.
    ///
    /// Retries once after a deadlock or a serialization failure, and, if `isRepeatable`, after a lost connection.
    func run(
        _ statement: Statement, _ parameters: [PostgresValue], as urgency: Urgency = .urgent, isRepeatable: Bool
    ) async throws(StoreError) -> PostgresResult {
        let result = await withCheckedContinuation { caller in
            let request = PoolRequest(
                statement: statement, parameters: parameters, urgency: urgency, isRepeatable: isRepeatable,
                caller: caller)
            switch state.submit(request, as: urgency) {
            case .queued: wake()
            case .queuedAtCap:
                metrics.bulkWaits.increment()
                wake()
            case .full:
                metrics.poolFull(urgency).increment()
                refuse(request, "too many statements are waiting")
            case .away:
                refuse(request, "the database cannot be reached")
            }
        }
        return try result.get()
    }

    /// Wakes idle connections for the requests that they may serve.
    private func wake() {
        while let slot = state.wake() { connections[slot]?.wake() }
    }

    private func keep(_ slot: Int) async {
        var backoff = Backoff()
        var attempt = 0
        while !Task.isCancelled {
            do throws(PostgresError) {
                let connection = try await open(attempt)
                let opened = ContinuousClock.now
                await serve(connection, slot)
                // A connection that breaks at once is not a success: the next attempt must not follow without a pause.
                if opened.duration(to: .now) >= DBLimits.steadyConnection {
                    backoff.reset()
                } else {
                    // Cancellation ends the pause, and the loop with it.
                    try? await Task.sleep(for: backoff.pause())
                }
            } catch {
                guard !Task.isCancelled else { return }
                for request in state.failed(slot) { refuse(request, "the database cannot be reached") }
                let pause = backoff.pause()
                logger.log(
                    .debug, .databaseConnectionFailed,
                    [
                        .pool: "\(name)", .connection: "\(slot)", .reason: "\(error.reason)",
                        .retryMilliseconds: "\(pause.milliseconds)",
                    ])
                attempt += 1
                // Cancellation ends the pause, and the loop with it.
                try? await Task.sleep(for: pause)
            }
        }
    }

    /// Connects, restricts the connection to one schema, and makes the database cancel a statement before our deadline:
    /// closing the connection would leave the statement waiting for its lock, and each retry would add another.
    private func open(_ attempt: Int) async throws(PostgresError) -> PostgresConnection {
        let connection = try await PostgresConnection.open(options.rotated(by: attempt))
        do throws(PostgresError) {
            try await connection.pin(to: schema)
            _ = try await connection.run(
                .once("set statement_timeout = \(statementTimeout.milliseconds)"),
                within: DBLimits.connectDeadline)
            return connection
        } catch {
            await connection.close()
            throw error
        }
    }

    private func serve(_ connection: PostgresConnection, _ slot: Int) async {
        connections[slot] = connection
        metrics.connectionsOpen.increment(by: 1)
        logger.log(.debug, .databaseConnectionOpen, [.pool: "\(name)", .connection: "\(slot)"])
        while await work(connection, slot) {}
        connections[slot] = nil
        await connection.close()
        lost(slot)
        metrics.connectionsOpen.decrement(by: 1)
        guard !Task.isCancelled else { return }
        metrics.connectionsLost.increment()
        logger.log(.notice, .databaseConnectionLost, [.pool: "\(name)", .connection: "\(slot)"])
    }

    /// Serves one request, or rests until there may be one; returns false if the connection cannot be used any more.
    private func work(_ connection: PostgresConnection, _ slot: Int) async -> Bool {
        let request = state.next(for: slot)
        // One more open connection, or one more with an urgent request, may allow another one to work on bulk.
        wake()
        guard let request else { return await rest(connection, slot) }
        return await execute(request, on: connection, slot)
    }

    /// Rests until there is work; probes the connection at intervals, because a silent peer may be dead.
    private func rest(_ connection: PostgresConnection, _ slot: Int) async -> Bool {
        let probeTime = ContinuousClock.now + DBLimits.poolProbeInterval
        guard await connection.rest(until: probeTime) else { return false }
        guard ContinuousClock.now >= probeTime, state.startProbe(of: slot) else { return true }
        do throws(PostgresError) {
            _ = try await connection.run(.ping, within: DBLimits.poolProbeDeadline)
            return true
        } catch {
            guard case .connectionLost(let reason) = error else { return true }
            if reason == PostgresConnection.deadlinePassed { metrics.deadlines.increment() }
            return false
        }
    }

    private func execute(_ request: PoolRequest, on connection: PostgresConnection, _ slot: Int) async -> Bool {
        var request = request
        request.attempts += 1
        let started = ContinuousClock.now
        do throws(PostgresError) {
            let result = try await connection.run(request.statement, request.parameters)
            metrics.querySeconds.record(duration: started.duration(to: .now))
            request.caller.resume(returning: .success(result))
            return true
        } catch {
            switch error {
            case .refused(let refusal): return await refused(request, refusal, on: connection)
            case .connectionLost(let reason):
                if reason == PostgresConnection.deadlinePassed { metrics.deadlines.increment() }
                lost(slot)
                again(request, if: request.isRepeatable, else: .unavailable("the connection to the database broke"))
                return false
            }
        }
    }

    /// Handles a statement that the server refused; returns false if the connection cannot be used any more.
    ///
    /// The connection is still open, so the server works: a refusal is no outage, unless the server accepts no writes.
    private func refused(
        _ request: PoolRequest, _ refusal: PostgresError.Refusal, on connection: PostgresConnection
    ) async -> Bool {
        logger.log(.debug, .statementRefused, [.pool: "\(name)", .sqlState: "\(refusal.code)"])
        let rejected = StoreError.rejected(code: refusal.code, detail: refusal.subject)
        switch RefusalKind(code: refusal.code) {
        case .repeatNow:
            again(request, if: true, else: rejected)
            return true
        case .reconnect:
            // If a new connection refuses it, too, the statement is at fault, unless the server became a standby.
            let isStandby = refusal.code == "25006" ? await isReadOnly(connection) : false
            again(request, if: true, else: isStandby ? .unavailable("SQLSTATE \(refusal.code)") : rejected)
            return false
        case .rejected:
            request.caller.resume(returning: .failure(rejected))
            return true
        }
    }

    /// Whether the server accepts no writes; also true if it does not answer.
    private func isReadOnly(_ connection: PostgresConnection) async -> Bool {
        do throws(PostgresError) {
            return try await connection.run(.isReadOnly).integer(0, 0, as: Int32.self) != 0
        } catch {
            return true
        }
    }

    private func again(_ request: PoolRequest, if mayRepeat: Bool, else error: StoreError) {
        var unanswered: PoolRequest? = request
        if mayRepeat, request.attempts < DBLimits.attemptsMax {
            unanswered = state.giveBack(request, as: request.urgency)
            wake()
        }
        unanswered?.caller.resume(returning: .failure(error))
    }

    private func lost(_ slot: Int) {
        state.lost(slot)
        wake()
    }

    private func refuse(_ request: PoolRequest, _ reason: String) {
        metrics.unavailable.increment()
        request.caller.resume(returning: .failure(.unavailable(reason)))
    }
}
