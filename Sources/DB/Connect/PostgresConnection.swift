/// One connection to PostgreSQL, pinned to the loop that polls its socket.
///
/// It runs one statement at a time: the pool, the listener and the migrator each send the next one after the last
/// answer. Once it has thrown `connectionLost`, it stays closed. Cancelling the waiting task closes it, too.
actor PostgresConnection {
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop lives as long as the process, so the reference cannot dangle.
        unsafe PostgresLoop.shared.asUnownedSerialExecutor()
    }

    private var handle: PostgresHandle?
    private var prepared: Set<String> = []
    private var isWorking = false
    /// Readiness of the socket, or a wake-up. One element is enough: each makes the reader check everything again.
    private let events: AsyncStream<Readiness>
    private let waking: AsyncStream<Readiness>.Continuation

    private init() {
        (events, waking) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Connects; tries the hosts of the options in order, within `limit` in total.
    ///
    /// - Parameter resolver: resolves host names, so that libpq does not do it on the shared thread of all connections.
    static func open(
        _ options: ConnectionOptions, within limit: Duration = DBLimits.connectDeadline,
        resolver: HostResolver = .shared
    ) async throws(PostgresError) -> PostgresConnection {
        let deadline = ContinuousClock.now + limit
        let resolved = try await resolver.resolved(options, within: min(limit, DBLimits.resolverDeadline))
        let connection = PostgresConnection()
        try await connection.connect(resolved, until: deadline)
        return connection
    }

    private func connect(
        _ options: ConnectionOptions, until deadline: ContinuousClock.Instant
    ) async throws(PostgresError) {
        guard let handle = PostgresHandle(options) else { throw .connectionLost("no memory for a connection") }
        self.handle = handle
        // "PQconnectPoll is to be treated as if it had returned PGRES_POLLING_WRITING" at first (manual, 34.1.2).
        var interest: Readiness = .write
        while !handle.isBroken {
            try await wait(for: interest, until: deadline)
            switch handle.connectPoll() {
            case .waiting(let next): interest = next
            case .connected: return
            case .failed: throw lose(handle.errorText)
            }
        }
        throw lose(handle.errorText)
    }

    /// Runs one statement and returns its rows.
    ///
    /// - Parameter limit: after this time without an answer, the connection is closed: if the peer drops all data,
    ///   nothing sent on the connection could cancel the statement.
    func run(
        _ statement: Statement, _ parameters: [PostgresValue] = [], within limit: Duration = DBLimits.queryDeadline
    ) async throws(PostgresError) -> PostgresResult {
        let deadline = ContinuousClock.now + limit
        let handle = try begin()
        defer { isWorking = false }
        if !statement.name.isEmpty, !prepared.contains(statement.name) {
            guard handle.sendPrepare(statement, parameters) else { throw lose(handle.errorText) }
            _ = try await answer(from: handle, until: deadline)
            prepared.insert(statement.name)
        }
        guard handle.send(statement, parameters) else { throw lose(handle.errorText) }
        return try await answer(from: handle, until: deadline)
    }

    /// Runs a script of several statements; stops at the first statement that the server refuses.
    func run(script: String, within limit: Duration) async throws(PostgresError) {
        let deadline = ContinuousClock.now + limit
        let handle = try begin()
        defer { isWorking = false }
        guard handle.send(script: script) else { throw lose(handle.errorText) }
        _ = try await answer(from: handle, until: deadline)
    }

    /// Waits until `wake()` is called, the server sends data, or the deadline passes; false if the connection broke.
    func rest(until deadline: ContinuousClock.Instant) async -> Bool {
        guard let handle else { return false }
        do {
            try await sleep(for: .read, until: deadline)
        } catch {
            return false
        }
        guard self.handle != nil else { return false }
        guard handle.consumeInput(), !handle.isBroken else {
            _ = lose(handle.errorText)
            return false
        }
        return true
    }

    /// Ends a `rest()`; from any isolation.
    nonisolated func wake() { waking.yield([]) }

    /// Takes the payloads of the notifications received so far.
    func takeNotifications() -> [String] {
        var payloads: [String] = []
        while let payload = handle?.nextNotification() { payloads.append(payload) }
        return payloads
    }

    /// Closes the connection; a running statement is lost.
    func close() {
        guard let handle else { return }
        PostgresLoop.shared.forget(handle.socket)
        self.handle = nil
    }

    private func begin() throws(PostgresError) -> PostgresHandle {
        guard let handle else { throw .connectionLost("the connection is closed") }
        precondition(!isWorking, "a connection takes one statement at a time")
        isWorking = true
        return handle
    }

    private func answer(
        from handle: PostgresHandle, until deadline: ContinuousClock.Instant
    ) async throws(PostgresError) -> PostgresResult {
        var unsent = handle.flush()
        while unsent != 0 {
            guard unsent > 0 else { throw lose(handle.errorText) }
            try await wait(for: [.read, .write], until: deadline)
            // Input must be read meanwhile, or each side may wait for the other (manual, 34.4).
            guard handle.consumeInput() else { throw lose(handle.errorText) }
            unsent = handle.flush()
        }
        var last: PostgresResult?
        var refusal: PostgresError.Refusal?
        while true {
            while handle.isBusy {
                try await wait(for: .read, until: deadline)
                guard handle.consumeInput() else { throw lose(handle.errorText) }
            }
            guard let result = handle.nextResult() else { break }
            if refusal == nil { refusal = result.refusal }
            last = result
        }
        // The message with which the server ends a connection ("terminating connection …") also arrives as a result.
        guard !handle.isBroken, let last else { throw lose(refusal?.message ?? handle.errorText) }
        if let refusal { throw .refused(refusal) }
        return last
    }

    private func wait(for interest: Readiness, until deadline: ContinuousClock.Instant) async throws(PostgresError) {
        try await sleep(for: interest, until: deadline)
        guard handle != nil else { throw .connectionLost("the connection was closed") }
        guard ContinuousClock.now < deadline else { throw lose(Self.deadlinePassed) }
    }

    private func sleep(for interest: Readiness, until deadline: ContinuousClock.Instant) async throws(PostgresError) {
        guard let handle, handle.socket >= 0 else { throw lose("no socket") }
        PostgresLoop.shared.watch(handle.socket, for: interest, until: deadline, waking: waking)
        var iterator = events.makeAsyncIterator()
        let event = await withTaskExecutorPreference(PostgresTaskExecutor.shared) { await iterator.next() }
        guard event != nil else { throw lose("cancelled") }
    }

    private func lose(_ reason: String) -> PostgresError {
        close()
        return .connectionLost(reason)
    }

    /// The reason if a deadline has passed.
    static let deadlinePassed = "no answer within the deadline"
}
