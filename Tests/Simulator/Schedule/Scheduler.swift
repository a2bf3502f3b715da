internal import DequeModule
internal import HeapModule
internal import Rooms
internal import Synchronization

/// Decides what runs next in one simulation, and when: everything runs on the thread that calls `run`, one step after
/// another, in an order drawn from the seed.
///
/// Each `SimLoop` has a queue that keeps its order, as an event loop does; the jobs of a pool run in any order. Some
/// virtual time passes between two steps, and timers that are due by then become ready, so that timers and answers can
/// occur between any two steps.
final class Scheduler: Sendable {
    /// Why `run` returned.
    enum Ending: Equatable {
        /// `stop` was called.
        case stopped
        /// Nothing is ready and no timer is set.
        case idle
        /// It took more steps than allowed.
        case endless
    }

    private struct State {
        var chances: Chances
        var nowMicroseconds: Int64 = 0
        let stepMicrosecondsMax: Int
        var queues: [Deque<Work>] = []
        var pausedUntil: [Int64] = []
        var pools: [Pool] = []
        var timers = Heap<Timer>()
        var timerCount = 0
        var sleepers: [Int: CheckedContinuation<Void, any Error>] = [:]
        var steps = 0
        var hash = FNV1a()
    }

    private struct Pool {
        var jobs: [UnownedJob] = []
        var pausedUntil: Int64 = 0

        func isReady(at now: Int64) -> Bool { !jobs.isEmpty && pausedUntil <= now }
    }

    private enum Step {
        case work(Work, queue: Int)
        case pooled(UnownedJob, pool: Int)
    }

    private let state: Mutex<State>
    /// The queue that is being run; -1 for none.
    private let current = Atomic<Int>(-1)
    private let isStopped = Atomic<Bool>(false)

    /// A scheduler with nothing to do.
    init(seed: UInt64, stepMicrosecondsMax: Int) {
        state = Mutex(State(chances: Chances(seed: seed), stepMicrosecondsMax: stepMicrosecondsMax))
    }

    /// Virtual microseconds since the start.
    var nowMicroseconds: Int64 { state.withLock { $0.nowMicroseconds } }
    /// The number of steps.
    var steps: Int { state.withLock { $0.steps } }
    /// A hash of the order of all steps so far: the same for the same seed.
    var hash: UInt64 { state.withLock { $0.hash.value } }

    /// A number of the range.
    func pick(_ range: ClosedRange<Int>) -> Int { state.withLock { $0.chances.pick(range) } }

    /// Adds a queue and returns its number.
    func addQueue() -> Int {
        state.withLock { state in
            state.queues.append([])
            state.pausedUntil.append(0)
            return state.queues.count - 1
        }
    }

    func isRunning(_ queue: Int) -> Bool { current.load(ordering: .relaxed) == queue }

    func enqueue(_ work: Work, queue: Int) { state.withLock { $0.queues[queue].append(work) } }

    /// Adds a pool and returns its number.
    func addPool() -> Int {
        state.withLock { state in
            state.pools.append(Pool())
            return state.pools.count - 1
        }
    }

    func enqueue(_ job: UnownedJob, pool: Int) { state.withLock { $0.pools[pool].jobs.append(job) } }

    /// Pauses the pool for this time.
    func pause(pool: Int, microseconds: Int64) {
        state.withLock { $0.pools[pool].pausedUntil = $0.nowMicroseconds + microseconds }
    }

    /// Pauses the queue for this time, like a thread that the operating system does not run.
    func pause(queue: Int, microseconds: Int64) {
        state.withLock { $0.pausedUntil[queue] = $0.nowMicroseconds + microseconds }
    }

    /// Runs the action after this time; it must be short, and runs on no loop.
    func after(microseconds: Int64, _ action: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.timerCount += 1
            state.timers.insert(
                Timer(due: state.nowMicroseconds + max(0, microseconds), order: state.timerCount, action: action))
        }
    }

    /// Resumes the continuation at that time, or with `CancellationError` at `cancelSleep`.
    func sleep(id: Int, until due: Int64, _ continuation: CheckedContinuation<Void, any Error>) {
        state.withLock { $0.sleepers[id] = continuation }
        after(microseconds: due - nowMicroseconds) { self.wake(id, .success(())) }
    }

    func cancelSleep(id: Int) { wake(id, .failure(CancellationError())) }

    /// A number that no other sleeper has.
    func makeSleeperID() -> Int {
        state.withLock { state in
            state.timerCount += 1
            return state.timerCount
        }
    }

    private func wake(_ id: Int, _ result: Result<Void, any Error>) {
        state.withLock { $0.sleepers.removeValue(forKey: id) }?.resume(with: result)
    }

    /// Makes `run` return after the current step.
    func stop() { isStopped.store(true, ordering: .relaxed) }

    /// Runs until `stop`, or until nothing is left to do.
    ///
    /// - Parameter pools: all pools, by number.
    func run(on pools: Pools, stepsMax: Int) -> Ending {
        isStopped.store(false, ordering: .relaxed)
        while !isStopped.load(ordering: .relaxed) {
            let (due, step, steps) = state.withLock { state in
                let due = Self.takeDue(&state)
                return (due, due == nil ? Self.takeStep(&state) : nil, state.steps)
            }
            if let due {
                due.action()
            } else if let step {
                perform(step, on: pools)
            } else if !passTime() {
                return .idle
            }
            if steps > stepsMax { return .endless }
        }
        return .stopped
    }

    private func perform(_ step: Step, on pools: Pools) {
        switch step {
        case .pooled(let job, let pool): job.runSynchronously(on: pools[pool].asUnownedTaskExecutor())
        case .work(let work, let queue):
            current.store(queue, ordering: .relaxed)
            defer { current.store(-1, ordering: .relaxed) }
            switch work {
            case .job(let job, let loop):
                job.runSynchronously(
                    isolatedTo: loop.asUnownedSerialExecutor(), taskExecutor: loop.asUnownedTaskExecutor())
            case .body(let body): body()
            }
        }
    }

    private static func takeDue(_ state: inout State) -> Timer? {
        guard let first = state.timers.min, first.due <= state.nowMicroseconds else { return nil }
        return state.timers.popMin()
    }

    private static func takeStep(_ state: inout State) -> Step? {
        var ready = 0
        for queue in state.queues.indices where isReady(queue, state) { ready += 1 }
        for pool in state.pools where pool.isReady(at: state.nowMicroseconds) { ready += 1 }
        guard ready > 0 else { return nil }
        state.steps += 1
        var choice = ready == 1 ? 0 : state.chances.pick(0...ready - 1)
        let now = state.nowMicroseconds
        if state.stepMicrosecondsMax > 0 {
            state.nowMicroseconds += Int64(state.chances.pick(0...state.stepMicrosecondsMax))
        }
        for queue in state.queues.indices where !state.queues[queue].isEmpty && state.pausedUntil[queue] <= now {
            if choice == 0, let work = state.queues[queue].popFirst() {
                note(queue, &state)
                return .work(work, queue: queue)
            }
            choice -= 1
        }
        for pool in state.pools.indices where state.pools[pool].isReady(at: now) {
            if choice == 0 { return takeJob(&state, pool: pool) }
            choice -= 1
        }
        return nil
    }

    private static func takeJob(_ state: inout State, pool: Int) -> Step {
        let count = state.pools[pool].jobs.count
        let place = count == 1 ? 0 : state.chances.pick(0...count - 1)
        note(-1 - place - pool << 32, &state)
        state.pools[pool].jobs.swapAt(place, count - 1)
        return .pooled(state.pools[pool].jobs.removeLast(), pool: pool)
    }

    private static func isReady(_ queue: Int, _ state: State) -> Bool {
        !state.queues[queue].isEmpty && state.pausedUntil[queue] <= state.nowMicroseconds
    }

    /// Called when nothing is ready: advances the time to the next event; false if there is none.
    private func passTime() -> Bool {
        state.withLock { state in
            var next = state.timers.min?.due
            for queue in state.queues.indices where !state.queues[queue].isEmpty {
                next = min(next ?? .max, state.pausedUntil[queue])
            }
            for pool in state.pools where !pool.jobs.isEmpty { next = min(next ?? .max, pool.pausedUntil) }
            guard let next else { return false }
            state.nowMicroseconds = max(state.nowMicroseconds, next)
            return true
        }
    }

    /// Adds a choice and its time to the hash.
    private static func note(_ choice: Int, _ state: inout State) {
        state.hash.add(UInt64(truncatingIfNeeded: choice))
        state.hash.add(UInt64(truncatingIfNeeded: state.nowMicroseconds))
    }
}

extension Scheduler {
    /// Work that waits in the queue of a loop.
    enum Work: Sendable {
        case job(UnownedJob, SimLoop)
        case body(@Sendable () -> Void)
    }

    struct Timer: Comparable, Sendable {
        let due: Int64
        let order: Int
        let action: @Sendable () -> Void

        static func < (lhs: Timer, rhs: Timer) -> Bool { (lhs.due, lhs.order) < (rhs.due, rhs.order) }
        static func == (lhs: Timer, rhs: Timer) -> Bool { lhs.order == rhs.order }
    }
}
