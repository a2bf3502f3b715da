internal import Glibc
internal import Synchronization

/// The thread on which everything that touches libpq runs: it polls the sockets of all connections and runs the jobs
/// of the actors pinned to it.
///
/// A dedicated thread as executor halves the time of a short query against `DispatchSource` (16-20 µs against 28-35).
/// Nothing on it may block: host names are resolved by `HostResolver`. There is one loop for the process, and it lives
/// as long as the process: a query costs it a few system calls, and if it ended, jobs of its actors might never run.
///
/// Readiness is delivered through the `AsyncStream` of each connection; a watch ends after one event.
final class PostgresLoop: SerialExecutor {
    /// The loop of this process.
    static let shared = PostgresLoop()

    /// A job of an actor, or of the nonisolated part of a task.
    private enum Job {
        case isolated(UnownedJob)
        case nonisolated(UnownedJob)
    }

    private struct Inbox {
        var jobs: [Job] = []
        var asleep = false
    }

    private struct Watch {
        var interest: Readiness
        var deadline: ContinuousClock.Instant
        var waking: AsyncStream<Readiness>.Continuation
    }

    private let inbox = Mutex(Inbox())
    /// Used on the loop only; the lock is never contended, and without it the class would be unchecked `Sendable`.
    private let watches = Mutex<[Int32: Watch]>([:])
    private let threadID = Atomic<UInt>(0)
    /// A pipe that wakes the loop: a byte written at one end ends the poll at the other.
    private let alarm: Int32
    private let alarmButton: Int32

    private init() {
        var ends: [Int32] = [-1, -1]
        let opened = unsafe pipe(&ends)
        precondition(opened == 0, "no descriptor is left for the database thread")
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        (alarm, alarmButton) = (ends[0], ends[1])
        var thread = pthread_t()
        let loop = unsafe Unmanaged.passRetained(self).toOpaque()
        let failure = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                // The reference retained above, given to this thread alone.
                unsafe Unmanaged<PostgresLoop>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, loop)
        precondition(failure == 0, "the database thread could not be started")
    }

    /// Runs the job on the loop's thread; from any thread.
    func enqueue(_ job: consuming ExecutorJob) { enqueue(.isolated(UnownedJob(job))) }

    /// Runs a nonisolated part of a task on the loop's thread; from any thread.
    func enqueueNonisolated(_ job: consuming ExecutorJob) { enqueue(.nonisolated(UnownedJob(job))) }

    private func enqueue(_ job: Job) {
        let wake = inbox.withLock { inbox in
            inbox.jobs.append(job)
            defer { inbox.asleep = false }
            return inbox.asleep
        }
        if wake { ring() }
    }

    /// Whether the caller is on the loop's thread.
    func isIsolatingCurrentContext() -> Bool? { threadID.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Traps unless the caller is on the loop's thread.
    func checkIsolated() { precondition(isIsolatingCurrentContext() == true, "not on the database thread") }

    /// Yields to `waking` once, when the socket is ready or the deadline has passed; replaces the socket's last watch.
    /// On the loop.
    func watch(
        _ socket: Int32, for interest: Readiness, until deadline: ContinuousClock.Instant,
        waking: AsyncStream<Readiness>.Continuation
    ) {
        watches.withLock { $0[socket] = Watch(interest: interest, deadline: deadline, waking: waking) }
    }

    /// Ends the watch of a socket, before the socket is closed. On the loop.
    func forget(_ socket: Int32) {
        watches.withLock { _ = $0.removeValue(forKey: socket) }
    }

    private func run() {
        threadID.store(UInt(pthread_self()), ordering: .relaxed)
        while true {
            // One statement takes several rounds of jobs, each started by the one before. The sockets are polled after
            // a bounded number of rounds, so that neither jobs nor sockets can starve.
            var rounds = 0
            while rounds < DBLimits.jobRoundsMax, runJobs() { rounds += 1 }
            poll(waiting: rounds < DBLimits.jobRoundsMax && isAsleep)
        }
    }

    private var isAsleep: Bool { inbox.withLock { $0.asleep } }

    /// Runs the waiting jobs; returns false if there are none, and then the next job wakes the loop.
    private func runJobs() -> Bool {
        let jobs = inbox.withLock { inbox in
            let jobs = inbox.jobs
            inbox.jobs.removeAll()
            inbox.asleep = jobs.isEmpty
            return jobs
        }
        for job in jobs {
            switch job {
            case .isolated(let job): unsafe job.runSynchronously(on: asUnownedSerialExecutor())
            case .nonisolated(let job):
                unsafe job.runSynchronously(on: PostgresTaskExecutor.shared.asUnownedTaskExecutor())
            }
        }
        return !jobs.isEmpty
    }

    private func poll(waiting: Bool) {
        let now = ContinuousClock.now
        let watched = watches.withLock { Array($0) }
        var descriptors = [pollfd(fd: alarm, events: Int16(POLLIN), revents: 0)]
        var soonest: Duration = .seconds(60)
        for (socket, watch) in watched {
            var events: Int16 = 0
            if watch.interest.contains(.read) { events |= Int16(POLLIN) }
            if watch.interest.contains(.write) { events |= Int16(POLLOUT) }
            descriptors.append(pollfd(fd: socket, events: events, revents: 0))
            soonest = min(soonest, watch.deadline - now)
        }
        let count = nfds_t(descriptors.count)
        // An interrupted or failed poll counts as one without events: the next round polls again.
        _ = unsafe Glibc.poll(&descriptors, count, waiting ? Self.milliseconds(soonest) : 0)
        // Jobs that are enqueued from here on need no wake-up.
        inbox.withLock { $0.asleep = false }
        if descriptors[0].revents != 0 { silence() }
        deliver(watched: watched, polled: descriptors.dropFirst())
    }

    private func deliver(watched: [(key: Int32, value: Watch)], polled: ArraySlice<pollfd>) {
        let now = ContinuousClock.now
        for ((socket, watch), descriptor) in zip(watched, polled) {
            guard descriptor.revents != 0 || watch.deadline <= now else { continue }
            var ready: Readiness = []
            if descriptor.revents & ~Int16(POLLOUT) != 0 { ready.insert(.read) }
            if descriptor.revents & ~Int16(POLLIN) != 0 { ready.insert(.write) }
            forget(socket)
            watch.waking.yield(ready)
        }
    }

    private func ring() {
        // A full pipe is enough: it ends the poll, too.
        _ = unsafe write(alarmButton, [1], 1)
    }

    private func silence() {
        var bytes = [UInt8](repeating: 0, count: 64)
        _ = unsafe read(alarm, &bytes, bytes.count)
    }

    /// Rounded up, so that a deadline has passed when its wait ends.
    private static func milliseconds(_ duration: Duration) -> Int32 {
        let (seconds, attoseconds) = max(duration, .zero).components
        return Int32(min(seconds, 60) * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }
}
