internal import Metrics
internal import Rooms
internal import Synchronization

/// Looks up sessions, with one query for all simultaneous callers: those that come during a query share the next one.
actor SessionGate {
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop lives as long as the process, so the reference cannot dangle.
        unsafe PostgresLoop.shared.asUnownedSerialExecutor()
    }

    private typealias Answer = Result<Session?, StoreError>

    private let pool: PostgresPool
    private let metrics: DBMetrics
    private nonisolated let lookups = Mutex(SessionLookups<CheckedContinuation<Answer, Never>>())
    private let signal = Signal()

    /// A gate to the sessions behind `pool`.
    init(pool: PostgresPool, metrics: DBMetrics) {
        self.pool = pool
        self.metrics = metrics
    }

    /// The session of a key; nil if it is unknown or expired, which take the same work.
    ///
    /// Not isolated: a caller waits on its own executor, so the database's thread wakes for each query, not for each
    /// caller.
    nonisolated func session(key: String) async throws(StoreError) -> Session? {
        // The table cannot hold such a key: no query is needed.
        guard key.utf8.count <= DBLimits.sessionKeyBytesMax, !key.utf8.contains(0) else { return nil }
        let answer = await withCheckedContinuation { (caller: CheckedContinuation<Answer, Never>) in
            switch lookups.withLock({ $0.ask(key, caller) }) {
            case .waits: signal.set()
            case .full:
                metrics.lookupsFull.increment()
                caller.resume(returning: .failure(.unavailable("too many session lookups are waiting")))
            case .ended: refuse(caller)
            }
        }
        return try answer.get()
    }

    /// Runs the queries of the callers, one at a time, until the task is cancelled; then every caller is refused.
    func run() async {
        while await signal.wait() {
            while !lookups.withLock({ $0.isEmpty }) { await query() }
        }
        for caller in lookups.withLock({ $0.end() }) { refuse(caller) }
    }

    /// The sessions that exist, also those that have expired, by their fingerprints.
    func sessions(fingerprints: [String]) async throws(StoreError) -> [String: Session] {
        try await sessions(.sessionsAgain, fingerprints)
    }

    /// The sessions that a statement finds for the given names, by name.
    private func sessions(_ statement: Statement, _ names: [String]) async throws(StoreError) -> [String: Session] {
        metrics.lookupQueries.increment()
        metrics.lookupKeys.record(names.count)
        let result = try await pool.run(statement, [.texts(names)], isRepeatable: true)
        var sessions: [String: Session] = [:]
        for row in 0..<result.rowCount {
            guard let name = result.text(row, 0), let fingerprint = result.text(row, 1),
                let userName = result.text(row, 2), let room = result.integer(row, 3, as: Int32.self)
            else { continue }
            // A role of a later version may at least read.
            let role = result.text(row, 4).flatMap(Session.Role.init(rawValue:)) ?? .reader
            var session = Session(
                fingerprint: fingerprint, userName: userName,
                identity: result.text(row, 7).map { .userID($0) } ?? result.text(row, 6).map { .name($0) },
                room: RoomID(room), role: role, expiresAt: result.timestamp(row, 5),
                isExpired: result.integer(row, 8, as: Int32.self) == 1)
            session.moderation = Self.moderation(result, row)
            session.kicks = result.integer(row, 13, as: Int32.self) ?? 0
            sessions[name] = session
        }
        return sessions
    }

    private static func moderation(_ result: PostgresResult, _ row: Int) -> Moderation? {
        Moderation(
            mute: result.timestamp(row, 9).map { $0 > .latest ? .forEver : .until($0) },
            isBanned: result.integer(row, 10, as: Int32.self) == 1,
            isFrozen: result.integer(row, 11, as: Int32.self) == 1,
            slowModeSeconds: result.integer(row, 12, as: Int32.self) ?? 0)
    }

    private func query() async {
        let outcome: Result<[String: Session], StoreError>
        do throws(StoreError) {
            outcome = .success(try await sessions(.sessions, lookups.withLock { $0.startQuery() }))
        } catch {
            outcome = .failure(error)
        }
        for (key, callers) in lookups.withLock({ $0.endQuery() }) {
            for caller in callers { caller.resume(returning: outcome.map { $0[key] }) }
        }
    }

    private nonisolated func refuse(_ caller: CheckedContinuation<Answer, Never>) {
        caller.resume(returning: .failure(.unavailable("the server is stopping")))
    }
}
