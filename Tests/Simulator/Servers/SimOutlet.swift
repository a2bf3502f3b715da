internal import Rooms

/// The connections of one event loop in one process, as `Net` has them: one hop for a broadcast, workers that fetch
/// pages, a sweep now and then.
final class SimOutlet: Outlet {
    let loop: SimLoop
    private let clock: SimClock
    private let workers: Int
    private let fetches: AsyncStream<SimConnection>
    private let fetcher: AsyncStream<SimConnection>.Continuation

    init(_ loop: SimLoop, clock: SimClock, workers: Int) {
        self.loop = loop
        self.clock = clock
        self.workers = workers
        (fetches, fetcher) = AsyncStream.makeStream()
    }

    func deliver(_ broadcast: Broadcast, to members: [any Member]) {
        if loop.isCurrent {
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
            for _ in 0..<workers {
                group.addTask { for await connection in self.fetches { await connection.fetchPage() } }
            }
        }
    }
}
