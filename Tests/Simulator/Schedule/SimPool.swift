/// The global pool of one process: its jobs run in any order.
final class SimPool: TaskExecutor {
    private let scheduler: Scheduler
    private let number: Int

    /// A pool with nothing to do.
    init(_ scheduler: Scheduler, _ pools: Pools) {
        self.scheduler = scheduler
        number = scheduler.addPool()
        pools.append(self)
    }

    func enqueue(_ job: consuming ExecutorJob) { scheduler.enqueue(UnownedJob(job), pool: number) }

    /// Suspends all its threads for this time.
    func pause(microseconds: Int64) { scheduler.pause(pool: number, microseconds: microseconds) }
}
