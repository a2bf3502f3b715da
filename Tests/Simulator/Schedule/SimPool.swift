/// The global pool of the simulation: its jobs run in any order.
final class SimPool: TaskExecutor {
    private let scheduler: Scheduler

    /// A pool with nothing to do.
    init(_ scheduler: Scheduler) { self.scheduler = scheduler }

    func enqueue(_ job: consuming ExecutorJob) { scheduler.enqueuePooled(UnownedJob(job)) }
}
