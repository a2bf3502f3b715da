internal import CoreMetrics
internal import Synchronization

/// The open connections of each session in this process, and whether the session has changed.
///
/// A session may change at any time. A counted connection is notified of each change. A login whose session may have
/// changed since its lookup looks it up again when the connection is counted.
public final class LiveSessions: Sendable {
    /// A connection, and the session of which it was last notified; nil if it was notified that the session is gone.
    private struct Seat {
        let member: any Member
        var session: Session?
        /// The number of the check that had begun last when the connection was counted in.
        let check: UInt64
    }

    private struct State {
        var seats: [String: [Seat]] = [:]
        var changes: SessionChanges
        /// The sessions that the next check looks up. All of them have connections.
        var suspects: Set<String> = []
        var isChecking = false
        /// How many checks have begun.
        var checks: UInt64 = 0
        /// The callers that wait to check. One check runs at a time, so that an older answer never replaces a newer
        /// one. Bounded by the number of simultaneous logins and a few tasks of the node.
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

    /// Counts a connection in, with the current session.
    ///
    /// The session is looked up again if it may have changed since the lookup, or if another connection has a different
    /// version of it. The connection is already counted during this lookup, so no change is missed and one more lookup
    /// is enough.
    ///
    /// - Throws: `unavailable` if the second lookup is necessary and fails; the connection is not counted then.
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
            state.seats[fingerprint, default: []].append(
                Seat(member: member, session: session, check: state.checks))
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
            if let now, !now.isExpired { return .entered(now) }
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

    /// Looks up sessions that may have changed and notifies their connections. If the store fails, `retry` repeats it.
    ///
    /// - Parameter fingerprint: the session that may have changed; nil for all sessions.
    func recheck(_ fingerprint: String? = nil) async {
        let (suspects, isKept) = state.withLock { state in
            let isKept = state.changes.note(fingerprint)
            return (fingerprint.map { [$0] } ?? Array(state.seats.keys), isKept)
        }
        if !isKept { metrics.sessionChangesForgotten.increment() }
        // Sessions that could not be looked up remain suspects.
        try? await check(suspects)
    }

    /// Looks up the sessions whose earlier lookup failed.
    func retry() async { try? await check([]) }

    /// Looks up the sessions that expire soon and a share of the others, in case a hint was lost. Call it regularly.
    ///
    /// - Parameter now: this machine's wall clock; the database's clock decides about expiry.
    public func sweep(now: Timestamp) async {
        let sweep = sweepCount.add(1, ordering: .relaxed).oldValue
        let (soon, isNever) = now.microseconds.addingReportingOverflow(limits.expiryMargin.nanoseconds / 1000)
        let share = UInt(max(1, limits.sweepsPerSession))
        let turn = UInt(bitPattern: sweep) % share
        let suspects = state.withLock { state in
            state.seats.filter { fingerprint, seats in
                let expiresAt = seats.compactMap { $0.session?.expiresAt?.microseconds }.min()
                if let expiresAt, isNever || expiresAt <= soon { return true }
                // The hash of a fingerprint differs between processes; this does not matter here.
                return UInt(bitPattern: fingerprint.hashValue) % share == turn
            }.map(\.key)
        }
        // Sessions that could not be looked up remain suspects.
        try? await check(suspects)
    }

    /// Looks sessions up again and notifies their connections of changes.
    ///
    /// One check runs at a time and takes all suspects. When a caller's turn comes, either an earlier check that began
    /// after its sessions became suspects has looked them up, or this check does.
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
        let (suspects, number) = state.withLock { state in
            state.checks += 1
            return (exchange(&state.suspects, with: []), state.checks)
        }
        guard !suspects.isEmpty else { return }
        do throws(StoreError) {
            let sessions = try await store.refresh(fingerprints: Array(suspects))
            for fingerprint in suspects { notify(of: sessions[fingerprint], fingerprint, foundBy: number) }
        } catch {
            state.withLock { state in
                state.suspects.formUnion(suspects.filter { state.seats[$0] != nil })
            }
            throw error
        }
    }

    /// Notifies those connections of a session that were last notified of a different version.
    ///
    /// A connection that was counted in after the check had begun may have a newer version than the check has found.
    private func notify(of session: Session?, _ fingerprint: String, foundBy check: UInt64) {
        let members = state.withLock { state -> [any Member] in
            guard var seats = state.seats[fingerprint] else { return [] }
            var members: [any Member] = []
            for index in seats.indices where seats[index].check < check && seats[index].session != session {
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
