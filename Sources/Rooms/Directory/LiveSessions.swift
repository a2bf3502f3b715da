internal import CoreMetrics
internal import Synchronization

/// Which connections each session has open in this process, and whether the session is still what it was.
///
/// A session may change at any time. A connection that counts is told of each change; a login that looked its session
/// up before a change looks again when it comes to count.
public final class LiveSessions: Sendable {
    /// A connection, and the session as it was told to it; nil if it was told that the session has gone.
    private struct Seat {
        let member: any Member
        var session: Session?
    }

    private struct State {
        var seats: [String: [Seat]] = [:]
        var changes: SessionChanges
        /// The sessions to be looked at by the next check; only such that have connections.
        var suspects: Set<String> = []
        var isChecking = false
        /// Whoever waits to check: one at a time, so that no older answer overtakes a newer one. Bounded by the logins at
        /// once and a few tasks of the node.
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>
    private let store: any SessionStore
    private let limits: RoomLimits
    private let metrics: RoomMetrics
    private let sweepCount = Atomic<Int>(0)

    /// No connections.
    public init(store: any SessionStore, limits: RoomLimits, metrics: RoomMetrics) {
        self.state = Mutex(State(changes: SessionChanges(countMax: max(1, limits.sessionChangesMax))))
        self.store = store
        self.limits = limits
        self.metrics = metrics
    }

    /// The session of a key, or nil when the key is unknown or expired.
    public func lookup(key: String) async throws(StoreError) -> SessionLookup? {
        let moment = state.withLock { $0.changes.now }
        return try await store.session(key: key).map { SessionLookup(session: $0, moment: moment) }
    }

    /// Counts a connection in, with the session as of now.
    ///
    /// If the session may have changed since the lookup, or another connection has it otherwise, it is looked up again
    /// while the connection counts already: so no change is missed, and one more look is enough.
    ///
    /// - Throws: `unavailable` if it must be looked up again and cannot; the connection does not count then.
    public func enter(_ lookup: SessionLookup, _ member: any Member) async throws(StoreError) -> SessionAdmission {
        let session = lookup.session
        let fingerprint = session.fingerprint
        enum Entry { case full, certain, uncertain }
        let entry = state.withLock { state -> Entry in
            let seats = state.seats[fingerprint] ?? []
            if let max = limits.connectionsPerSessionMax, seats.count >= max { return .full }
            let isCertain =
                !state.changes.mayHaveChanged(fingerprint, since: lookup.moment)
                && seats.allSatisfy { $0.session == session }
            state.seats[fingerprint, default: []].append(Seat(member: member, session: session))
            return isCertain ? .certain : .uncertain
        }
        switch entry {
        case .full: return .full
        case .certain: return .entered(session)
        case .uncertain:
            metrics.sessionsLookedUpAgain.increment()
            do throws(StoreError) { try await check([fingerprint]) } catch {
                leave(session, member)
                throw error
            }
            let now = state.withLock { $0.seats[fingerprint]?.first { $0.member === member }?.session }
            if let now { return .entered(now) }
            leave(session, member)
            return .gone
        }
    }

    /// Counts a connection out.
    public func leave(_ session: Session, _ member: any Member) {
        state.withLock { state in
            guard var seats = state.seats.removeValue(forKey: session.fingerprint) else { return }
            seats.removeAll { $0.member === member }
            if seats.isEmpty {
                state.suspects.remove(session.fingerprint)
            } else {
                state.seats[session.fingerprint] = seats
            }
        }
    }

    /// Sessions may have changed: looks at them again and tells their connections. If the store fails, `retry` does it.
    ///
    /// - Parameter fingerprint: the session that may have changed; nil for all.
    func recheck(_ fingerprint: String? = nil) async {
        let (suspects, isKept) = state.withLock { state in
            let isKept = state.changes.note(fingerprint)
            return (fingerprint.map { [$0] } ?? Array(state.seats.keys), isKept)
        }
        if !isKept { metrics.sessionChangesForgotten.increment() }
        // What could not be looked at stays suspected.
        try? await check(suspects)
    }

    /// Looks at the sessions that the store could not tell of when they were to be looked at.
    func retry() async { try? await check([]) }

    /// The safety net under the hints, to be called regularly: looks at the sessions that are about to expire, and at
    /// a share of the others.
    ///
    /// - Parameter now: the wall clock; the database's decides.
    public func sweep(now: Timestamp) async {
        let sweep = sweepCount.add(1, ordering: .relaxed).oldValue
        let (soon, isNever) = now.microseconds.addingReportingOverflow(limits.expiryMargin.nanoseconds / 1000)
        let share = UInt(max(1, limits.sweepsPerSession))
        let turn = UInt(bitPattern: sweep) % share
        let suspects = state.withLock { state in
            state.seats.filter { fingerprint, seats in
                let expiresAt = seats.compactMap { $0.session?.expiresAt?.microseconds }.min()
                if let expiresAt, isNever || expiresAt <= soon { return true }
                // The hash of a fingerprint differs between processes, which is as good.
                return UInt(bitPattern: fingerprint.hashValue) % share == turn
            }.map(\.key)
        }
        // What could not be looked at stays suspected.
        try? await check(suspects)
    }

    /// Looks sessions up again and tells their connections what has changed.
    ///
    /// One check at a time, and each takes all suspects there are. So a caller whose turn comes finds its own ones looked
    /// at by an earlier check, which began after they had become suspects, or takes them itself.
    private func check(_ fingerprints: [String]) async throws(StoreError) {
        let hasSuspects = state.withLock { state in
            for fingerprint in fingerprints where state.seats[fingerprint] != nil {
                state.suspects.insert(fingerprint)
            }
            return !state.suspects.isEmpty
        }
        guard hasSuspects else { return }
        await turnToCheck()
        defer { endCheck() }
        let suspects = state.withLock { exchange(&$0.suspects, with: []) }
        guard !suspects.isEmpty else { return }
        do throws(StoreError) {
            let sessions = try await store.refresh(fingerprints: Array(suspects))
            for fingerprint in suspects { tell(of: sessions[fingerprint], fingerprint) }
        } catch {
            state.withLock { state in
                state.suspects.formUnion(suspects.filter { state.seats[$0] != nil })
            }
            throw error
        }
    }

    /// Tells the connections of a session what it is now, those that were told otherwise.
    private func tell(of session: Session?, _ fingerprint: String) {
        let members = state.withLock { state -> [any Member] in
            guard var seats = state.seats[fingerprint] else { return [] }
            var members: [any Member] = []
            for index in seats.indices where seats[index].session != session {
                seats[index].session = session
                members.append(seats[index].member)
            }
            state.seats[fingerprint] = seats
            return members
        }
        for member in members { member.sessionChanged(to: session) }
    }

    private func turnToCheck() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isNow = state.withLock { state in
                guard state.isChecking else {
                    state.isChecking = true
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isNow { continuation.resume() }
        }
    }

    private func endCheck() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.isChecking = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
