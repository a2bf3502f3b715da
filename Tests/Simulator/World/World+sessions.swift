internal import Net
internal import Rooms

extension World {
    /// The time, in microseconds, in which a process must notice a change of a session after the faults have ended.
    private static let noticeMicroseconds: Int64 = 4_000_000

    /// The current session of the visitor.
    private var session: SessionHistory? { sessions[keys.last ?? ""] }

    /// Adds a session with a new key.
    func addSession() {
        let number = keys.count + 1
        let session = Session(
            fingerprint: "fingerprint-\(number)", userName: "visitor", room: RoomID(0), role: .member)
        keys.append("key-\(number)")
        sessions["key-\(number)"] = SessionHistory(session, since: scheduler.nowMicroseconds)
    }

    /// The application changes the session of the visitor, deletes it, lets it expire or adds a new one.
    func changesSession() {
        guard var changed = session?.current, let key = keys.last else { return addSession() }
        switch chances.pick(0...7) {
        case 0, 4: return change(key, to: nil)
        case 1: changed.role = changed.role == .reader ? .member : .reader
        case 2, 7: changed.userName = "visitor \(visitNumbers.next())"
        case 3 where profile.sweepsSessions:
            let lifetime = Int64(chances.pick(0...2_000_000))
            let expiresAt = Timestamp(microseconds: scheduler.nowMicroseconds + lifetime)
            changed.expiresAt = expiresAt
            after(lifetime) { $0.expires(key, at: expiresAt) }
        default:
            // Perhaps a room without other clients, which must be opened.
            changed.room = RoomID(Int32(chances.pick(0...profile.rooms)))
        }
        change(key, to: changed)
    }

    private func change(_ key: String, to session: Session?) {
        guard let fingerprint = sessions[key]?.current?.fingerprint else { return }
        sessions[key]?.change(to: session, at: scheduler.nowMicroseconds)
        note { "the session of \(key) is changed: \(sessions[key]?.summary ?? "")" }
        publish(.sessionChanged(fingerprint: fingerprint))
    }

    /// A session expires, which nobody is notified of.
    private func expires(_ key: String, at time: Timestamp) {
        guard sessions[key]?.current?.expiresAt == time else { return }
        sessions[key]?.change(to: nil, at: scheduler.nowMicroseconds)
        note { "the session of \(key) has expired" }
    }

    /// Sweeps sessions as the application does, in worlds that do so.
    func sweepSessionsRegularly(of process: ProcessID) {
        guard profile.sweepsSessions else { return }
        after(1_000_000) { world in
            guard world.isAlive(process), let node = world.servers[process.server].node else { return }
            Self.sweep(node, pool: world.servers[process.server].pool, now: world.scheduler.nowMicroseconds)
            world.sweepSessionsRegularly(of: process)
        }
    }

    private static func sweep(_ node: Node, pool: SimPool, now: Int64) {
        Task(executorPreference: pool) { await node.liveSessions.sweep(now: Timestamp(microseconds: now)) }
    }

    // MARK: checks

    /// Checks a frame that a connection of the visitor writes.
    func check(_ frame: VisitorFrame, of number: Int, _ key: String, _ notice: SessionNotice) {
        guard let session = sessions[key] else { return fail("visit \(number): \(key) never was") }
        if case .close = frame { return }
        switch (notice, frame) {
        case (.gone, _): fail("visit \(number): is served after its session was revoked")
        case (.changed(let newest), .welcome(let told, _)), (.changed(let newest), .session(let told)):
            if told != newest { fail("visit \(number): is told \(told), but it is \(newest)") }
        default: break
        }
        switch frame {
        case .welcome(_, let startedAt):
            if !session.existed(after: startedAt) { fail("visit \(number): enters with \(key), which was revoked") }
        case .shown:
            guard mustHaveNoticed(session) else { return }
            if !session.existed(after: scheduler.nowMicroseconds - Self.noticeMicroseconds) {
                fail("visit \(number): is shown messages, and \(key) was revoked long ago")
            }
        case .session, .refused, .close: break
        }
    }

    /// Checks that the client is not told an older version of its session than before; returns the version.
    func checkTold(_ session: Session, of number: Int, _ visit: Visit) -> Int? {
        guard let history = sessions[visit.key], let newest = history.newest(session) else {
            fail("visit \(number): is told \(session), which never was")
            return nil
        }
        if newest < visit.told ?? 0 { fail("visit \(number): is told \(session), which was changed before") }
        return history.oldest(session)
    }

    /// Checks a message of the visitor that a process accepts.
    func spoke(_ utterance: Utterance) {
        let (message, assumed) = (utterance.message, utterance.session)
        guard isAlive(utterance.process) else { return }
        visitorNames[message.text, default: []].insert(assumed.userName)
        let what = "\(message.text), said as \(assumed.userName) in \(utterance.room) as \(assumed.role)"
        note { "\(utterance.process) accepts \(what)" }
        switch utterance.notice {
        case .gone: fail("\(what), after the session was revoked")
        case .changed(let newest): if newest != assumed { fail("\(what), but it is \(newest)") }
        case .none: break
        }
        if assumed.role == .reader { fail("\(what), is accepted") }
        guard let history = sessions[utterance.key], let version = history.newest(assumed) else {
            return fail("\(what), but it never was")
        }
        if version < message.told { fail("\(what), but the client had been told another session before") }
        checkRate(of: utterance)
        guard !isFaulty, scheduler.nowMicroseconds > calmMicroseconds + Self.noticeMicroseconds else { return }
        if utterance.room != assumed.room { fail("\(what), but the session is in \(assumed.room)") }
        guard mustHaveNoticed(history) else { return }
        if !history.was(assumed, after: scheduler.nowMicroseconds - Self.noticeMicroseconds) {
            fail("\(what), but it is \(history.summary)")
        }
    }

    /// Whether a process must have noticed changes of a session that are older than `noticeMicroseconds`. Without
    /// sweeps, a change whose hint was lost is not noticed.
    private func mustHaveNoticed(_ session: SessionHistory) -> Bool {
        guard !isFaulty, scheduler.nowMicroseconds > calmMicroseconds + Self.noticeMicroseconds else { return false }
        return profile.sweepsSessions
            || !session.versions.dropFirst().contains { $0.since <= calmMicroseconds }
    }

    /// Checks that a process accepts no more messages of one session than its rate allows, over all its connections.
    private func checkRate(of utterance: Utterance) {
        guard let perSecond = profile.netLimits.sessionMessagesPerSecond else { return }
        let name = "\(utterance.process) \(utterance.session.fingerprint)"
        accepts[name, default: []].append(utterance.nanoseconds)
        let times = accepts[name] ?? []
        for (index, time) in times.enumerated() {
            let seconds = Double(utterance.nanoseconds - time) / 1e9
            let allowed = profile.netLimits.sessionMessagesBurst + perSecond * seconds
            if Double(times.count - index) > allowed + 0.001 {
                fail("\(name): \(times.count - index) messages in \(seconds) s")
            }
        }
    }
}
