internal import Rooms

/// The connections of one event loop in one process, as `Net` has them: one hop for a broadcast, workers that fetch
/// pages, a sweep now and then.
final class SimOutlet: Outlet {
    let loop: SimLoop
    private let scheduler: Scheduler
    private let profile: Profile
    private let fetches: AsyncStream<SimConnection>
    private let fetcher: AsyncStream<SimConnection>.Continuation

    /// An outlet without connections.
    init(_ loop: SimLoop, scheduler: Scheduler, profile: Profile) {
        self.loop = loop
        self.scheduler = scheduler
        self.profile = profile
        (fetches, fetcher) = AsyncStream.makeStream()
    }

    func deliver(_ broadcast: Broadcast, to members: [any Member]) {
        if profile.hasLooseHops, scheduler.pick(0...3) == 0 {
            // Worse than the port allows: what members are offered comes late, in another order, twice.
            for _ in 0...scheduler.pick(0...1) {
                loop.execute(afterMicroseconds: Int64(scheduler.pick(0...50_000))) {
                    for member in members { member.deliver(broadcast) }
                }
            }
        } else if loop.isCurrent {
            for member in members { member.deliver(broadcast) }
        } else {
            loop.execute { for member in members { member.deliver(broadcast) } }
        }
    }

    func settle() async {
        await withCheckedContinuation { continuation in loop.execute { continuation.resume() } }
    }

    func requestFetch(for connection: SimConnection) { fetcher.yield(connection) }

    /// Fetches pages until cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for _ in 0..<profile.fetchWorkers {
                group.addTask { for await connection in self.fetches { await connection.fetchPage() } }
            }
        }
    }
}
