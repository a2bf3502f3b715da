internal import Synchronization

/// Which connections each session has open in this process, and whether the session is still what it was.
public final class LiveSessions: Sendable {
    private struct Entry {
        var session: Session
        var members: [any Member]
    }

    private let entries = Mutex<[String: Entry]>([:])
    private let store: any SessionStore
    private let limits: RoomLimits
    private let sweepCount = Atomic<Int>(0)

    /// Nobody yet.
    public init(store: any SessionStore, limits: RoomLimits) {
        self.store = store
        self.limits = limits
    }

    /// The session of a key, or nil when the key is unknown or expired.
    public func session(key: String) async throws(StoreError) -> Session? { try await store.session(key: key) }

    /// Counts a connection in; false if the session has too many already.
    public func enter(_ session: Session, _ member: any Member) -> Bool {
        entries.withLock { entries in
            var entry = entries[session.fingerprint] ?? Entry(session: session, members: [])
            if let max = limits.connectionsPerSessionMax, entry.members.count >= max { return false }
            entry.members.append(member)
            entries[session.fingerprint] = entry
            return true
        }
    }

    /// Counts a connection out.
    public func leave(_ session: Session, _ member: any Member) {
        entries.withLock { entries in
            guard var entry = entries.removeValue(forKey: session.fingerprint) else { return }
            entry.members.removeAll { $0 === member }
            if !entry.members.isEmpty { entries[session.fingerprint] = entry }
        }
    }

    /// Looks at sessions again and tells their connections what has changed; a failing store is asked again next time.
    ///
    /// - Parameter fingerprint: the session that may have changed; nil for all.
    func recheck(_ fingerprint: String? = nil) async {
        await recheck(
            entries.withLock { entries in
                fingerprint.map { entries[$0].map { [$0] } ?? [] } ?? Array(entries.values)
            })
    }

    /// The safety net under the hints, to be called regularly: looks at the sessions that are about to expire, and at
    /// a share of the others.
    ///
    /// - Parameter now: the wall clock; the database's decides.
    public func sweep(now: Timestamp) async {
        let sweep = sweepCount.add(1, ordering: .relaxed).oldValue
        let (soon, isNever) = now.microseconds.addingReportingOverflow(limits.expiryMargin.nanoseconds / 1000)
        let share = limits.sweepsPerSession
        await recheck(
            entries.withLock { entries in
                entries.values.filter { entry in
                    if let expiresAt = entry.session.expiresAt, isNever || expiresAt.microseconds <= soon {
                        return true
                    }
                    // The hash of a fingerprint differs between processes, which is as good.
                    return Int(UInt(bitPattern: entry.session.fingerprint.hashValue) % UInt(max(1, share)))
                        == sweep % max(1, share)
                }
            })
    }

    private func recheck(_ suspects: [Entry]) async {
        guard !suspects.isEmpty,
            let sessions = try? await store.refresh(fingerprints: suspects.map(\.session.fingerprint))
        else { return }
        for suspect in suspects {
            let now = sessions[suspect.session.fingerprint]
            guard now != suspect.session else { continue }
            let members = entries.withLock { entries in
                if let now { entries[suspect.session.fingerprint]?.session = now }
                return entries[suspect.session.fingerprint]?.members ?? []
            }
            for member in members { member.sessionChanged(to: now) }
        }
    }
}
