/// An event loop of the simulation: it runs its work in order; other loops and pools run in between.
final class SimLoop: SerialExecutor, TaskExecutor {
    private let scheduler: Scheduler
    private let queue: Int

    /// A loop with nothing to do.
    init(_ scheduler: Scheduler) {
        self.scheduler = scheduler
        queue = scheduler.addQueue()
    }

    /// Whether the caller runs on this loop.
    var isCurrent: Bool { scheduler.isRunning(queue) }

    func enqueue(_ job: consuming ExecutorJob) {
        scheduler.enqueue(.job(UnownedJob(job), self), queue: queue)
    }

    /// Runs the body later, in its turn.
    func execute(_ body: @escaping @Sendable () -> Void) { scheduler.enqueue(.body(body), queue: queue) }

    /// Runs the body in its turn after this time.
    func execute(afterMicroseconds delay: Int64, _ body: @escaping @Sendable () -> Void) {
        scheduler.after(microseconds: delay) { self.execute(body) }
    }

    /// Suspends its thread for this time.
    func pause(microseconds: Int64) { scheduler.pause(queue: queue, microseconds: microseconds) }

    func isIsolatingCurrentContext() -> Bool? { isCurrent }
    func checkIsolated() { precondition(isCurrent, "not on this loop") }
}
