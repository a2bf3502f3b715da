/// The virtual time of a simulation.
struct SimClock: Clock {
    /// A moment: microseconds since the start.
    struct Instant: InstantProtocol {
        var microseconds: Int64

        func advanced(by duration: Duration) -> Instant {
            Instant(microseconds: microseconds + duration.wholeMicroseconds)
        }
        func duration(to other: Instant) -> Duration { .microseconds(other.microseconds - microseconds) }
        static func < (lhs: Instant, rhs: Instant) -> Bool { lhs.microseconds < rhs.microseconds }
    }

    let scheduler: Scheduler

    var now: Instant { Instant(microseconds: scheduler.nowMicroseconds) }
    var minimumResolution: Duration { .microseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let id = scheduler.makeSleeperID()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else {
                    scheduler.sleep(id: id, until: deadline.microseconds, continuation)
                }
            }
        } onCancel: {
            scheduler.cancelSleep(id: id)
        }
    }
}

extension Duration {
    /// Whole microseconds, for durations of at most a few years.
    var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
