/// Runs the nonisolated parts of a task on the database thread (SE-0417).
///
/// `AsyncStream.next` is nonisolated: without this executor, each readiness of a socket would pass through the global
/// pool, whose threads have to be woken, twice.
final class PostgresTaskExecutor: TaskExecutor {
    /// The task executor of this process.
    static let shared = PostgresTaskExecutor()

    func enqueue(_ job: consuming ExecutorJob) { PostgresLoop.shared.enqueueNonisolated(job) }
}
