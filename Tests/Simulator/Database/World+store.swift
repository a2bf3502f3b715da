internal import Rooms

extension World {
    /// A call in progress, and how to make it fail.
    struct PendingCall {
        let process: ProcessID
        let fail: @Sendable (String) -> Void
    }

    /// Carries a call to the database and its answer back, with a random outcome.
    func carry<Value: Sendable>(
        _ call: StoreCall, from process: ProcessID,
        _ work: @escaping @Sendable (isolated World) -> Statement<Value>,
        _ continuation: CheckedContinuation<Result<Value, StoreError>, Never>
    ) {
        guard isAlive(process) else {
            return continuation.resume(returning: .failure(.unavailable("the process is dead")))
        }
        callCount += 1
        callsMade[process, default: 0] += 1
        let id = callCount
        calls[id] = PendingCall(process: process) { continuation.resume(returning: .failure(.unavailable($0))) }
        let there = storeTrip()
        let fate = fate(of: call)
        let incarnation = incarnation
        let answer: @Sendable (isolated World) -> Void = { world in
            // The peer of the connection no longer exists.
            guard world.isReachable(from: process), world.incarnation == incarnation else {
                return world.fail(call: id)
            }
            world.run(work) { world, result in
                var back = world.storeTrip()
                if case .slowAnswer(let microseconds) = fate { back = microseconds }
                world.after(back) { world in
                    if world.calls.removeValue(forKey: id) != nil { continuation.resume(returning: result) }
                }
            }
        }
        let act: @Sendable (isolated World) -> Void = { world in
            // A database commits nothing more after a failover to another one.
            guard world.incarnation == incarnation else { return world.pendingWork -= 1 }
            world.run(work) { world, _ in world.pendingWork -= 1 }
        }
        switch fate {
        case .works, .slowAnswer: after(there, answer)
        case .slow(let microseconds): after(microseconds, answer)
        case .lostBefore: after(there) { $0.fail(call: id) }
        case .lostAfter:
            note { "\(process) \(call): the answer will be lost" }
            promise(there, act)
            after(there + storeTrip()) { $0.fail(call: id) }
        case .late(let delay):
            note { "\(process) \(call): will fail, and be done \(delay / 1000) ms later" }
            after(there) { $0.fail(call: id) }
            promise(there + delay, act)
        case .hangs(let microseconds, let works):
            note { "\(process) \(call): hangs for \(microseconds / 1000) ms" }
            if works { promise(Int64(chances.pick(0...Int(microseconds))), act) }
            after(microseconds) { $0.fail(call: id) }
        }
    }

    /// Schedules work that is done even if its caller does not learn of it; the simulation does not end before.
    private func promise(_ microseconds: Int64, _ act: @escaping @Sendable (isolated World) -> Void) {
        pendingWork += 1
        after(microseconds, act)
    }

    func fail(call id: Int, _ reason: String = "the connection broke") {
        calls.removeValue(forKey: id)?.fail(reason)
    }

    /// Fails the calls in progress of one process, or of all processes.
    func failCalls(of process: ProcessID? = nil) {
        for id in calls.keys.sorted() where process == nil || calls[id]?.process == process { fail(call: id) }
    }

    func storeTrip() -> Int64 { Int64(chances.pick(20...profile.storeTripMicrosecondsMax)) }

    func isReachable(from process: ProcessID) -> Bool {
        isAlive(process) && !isStoreAway && !servers[process.server].isCutOff
    }

    private func fate(of call: StoreCall) -> CallFate {
        guard isFaulty else { return .works }
        let faults = profile.faults
        var draw = chances.pick(0...999)
        func falls(_ perMille: Int) -> Bool {
            draw -= perMille
            return draw < 0
        }
        if falls(faults.lostBefore) { return .lostBefore }
        if falls(faults.lostAfter) { return .lostAfter }
        if falls(faults.lateAfterFailure) { return .late(afterMicroseconds: Int64(chances.pick(100...1_500_000))) }
        if falls(faults.hangs) {
            return .hangs(microseconds: Int64(chances.pick(100_000...2_000_000)), works: chances.happens(perMille: 500))
        }
        if falls(faults.slow) { return .slow(microseconds: Int64(chances.pick(10_000...800_000))) }
        if falls(faults.slow) { return .slowAnswer(microseconds: Int64(chances.pick(10_000...800_000))) }
        return .works
    }
}
