internal import Metrics
internal import Rooms

/// Looks sessions up, one query for all who ask at the same time.
actor SessionGate {
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop lives as long as the process, so the reference cannot dangle.
        unsafe PostgresLoop.shared.asUnownedSerialExecutor()
    }

    private enum Word: Sendable {
        case answer(Result<Session?, StoreError>)
        case lead
    }

    private let pool: PostgresPool
    private let metrics: DBMetrics
    private var lookups = SessionLookups<LookupCaller>()

    /// A caller: told its answer, or first to lead a query.
    private final class LookupCaller {
        var words: [Word] = []
        var listening: CheckedContinuation<Word, Never>?
    }

    /// A gate to the sessions behind `pool`.
    init(pool: PostgresPool, metrics: DBMetrics) {
        self.pool = pool
        self.metrics = metrics
    }

    /// The session of a key, nil when unknown or expired; the same work for both.
    func session(key: String) async throws(StoreError) -> Session? {
        // No such key can be in the table: do not trouble the database with it.
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
            switch await nextWord(for: caller) {
            case .answer(let answer): return try answer.get()
            case .lead: await query()
            }
        }
    }

    /// Those of the sessions that are there and not expired, by their fingerprints.
    func sessions(fingerprints: [String]) async throws(StoreError) -> [String: Session] {
        try await sessions(.sessionsAgain, fingerprints)
    }

    /// The sessions that a statement finds for the names it is given, by those names.
    private func sessions(_ statement: Statement, _ names: [String]) async throws(StoreError) -> [String: Session] {
        metrics.lookupQueries.increment()
        metrics.lookupKeys.record(names.count)
        let result = try await pool.run(statement, [.texts(names)], isRepeatable: true)
        var sessions: [String: Session] = [:]
        for row in 0..<result.rowCount {
            guard let name = result.text(row, 0), let fingerprint = result.text(row, 1),
                let userName = result.text(row, 2), let room = result.integer(row, 3, as: Int32.self)
            else { continue }
            // A role from a later version than this may at least read.
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
            for caller in callers { tell(caller, .answer(outcome.map { $0[key] })) }
        }
        if let leader { tell(leader, .lead) }
    }

    private func tell(_ caller: LookupCaller, _ word: Word) {
        guard let listening = caller.listening else { return caller.words.append(word) }
        caller.listening = nil
        listening.resume(returning: word)
    }

    private func nextWord(for caller: LookupCaller) async -> Word {
        await withCheckedContinuation { listening in
            // Looked at only here: a task with an executor preference may be suspended on its way in.
            if caller.words.isEmpty {
                caller.listening = listening
            } else {
                listening.resume(returning: caller.words.removeFirst())
            }
        }
    }
}
