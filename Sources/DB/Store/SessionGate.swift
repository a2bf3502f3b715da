internal import Metrics
internal import Rooms

/// Looks up sessions, with one query for all simultaneous callers.
actor SessionGate {
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop lives as long as the process, so the reference cannot dangle.
        unsafe PostgresLoop.shared.asUnownedSerialExecutor()
    }

    private enum Event: Sendable {
        case answer(Result<Session?, StoreError>)
        case lead
    }

    private let pool: PostgresPool
    private let metrics: DBMetrics
    private var lookups = SessionLookups<LookupCaller>()

    /// A caller: it receives its answer, or first the request to lead a query.
    private final class LookupCaller {
        var events: [Event] = []
        var listening: CheckedContinuation<Event, Never>?
    }

    /// A gate to the sessions behind `pool`.
    init(pool: PostgresPool, metrics: DBMetrics) {
        self.pool = pool
        self.metrics = metrics
    }

    /// The session of a key; nil if it is unknown or expired, which take the same work.
    func session(key: String) async throws(StoreError) -> Session? {
        // The table cannot hold such a key: no query is needed.
        guard key.utf8.count <= DBLimits.sessionKeyBytesMax, !key.utf8.contains(0) else { return nil }
        let caller = LookupCaller()
        switch lookups.ask(key, caller) {
        case .full:
            metrics.lookupsFull.increment()
            throw .unavailable("too many session lookups are waiting")
        case .lead: await query()
        case .wait: break
        }
        while true {
            switch await nextEvent(for: caller) {
            case .answer(let answer): return try answer.get()
            case .lead: await query()
            }
        }
    }

    /// The sessions that exist and are not expired, by their fingerprints.
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
            sessions[name] = Session(
                fingerprint: fingerprint, userName: userName, identity: result.text(row, 6), room: RoomID(room),
                role: role,
                expiresAt: result.timestamp(row, 5))
        }
        return sessions
    }

    private func query() async {
        let outcome: Result<[String: Session], StoreError>
        do throws(StoreError) {
            outcome = .success(try await sessions(.sessions, lookups.startQuery()))
        } catch {
            outcome = .failure(error)
        }
        let (answered, leader) = lookups.endQuery()
        for (key, callers) in answered {
            for caller in callers { send(to: caller, .answer(outcome.map { $0[key] })) }
        }
        if let leader { send(to: leader, .lead) }
    }

    private func send(to caller: LookupCaller, _ event: Event) {
        guard let listening = caller.listening else { return caller.events.append(event) }
        caller.listening = nil
        listening.resume(returning: event)
    }

    private func nextEvent(for caller: LookupCaller) async -> Event {
        await withCheckedContinuation { listening in
            // Checked only here: a task with an executor preference may be suspended on entry.
            if caller.events.isEmpty {
                caller.listening = listening
            } else {
                listening.resume(returning: caller.events.removeFirst())
            }
        }
    }
}
