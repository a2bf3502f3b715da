internal import Rooms
internal import Synchronization

/// The connections of one event loop in one process, as in `Net`: one hop for all deliveries of a turn, which are then
/// offered to a few members at a time; workers that fetch pages; a regular sweep.
final class SimOutlet: Outlet {
    let loop: SimLoop
    private let scheduler: Scheduler
    private let profile: Profile
    private let waiting: Mutex<Waiting>
    private let fetches: AsyncStream<SimConnection>
    private let fetcher: AsyncStream<SimConnection>.Continuation

    private struct Waiting {
        var deliveries: DeliveryQueue
        var isDelivering = false
        var settling: [CheckedContinuation<Void, Never>] = []
    }

    /// An outlet without connections.
    init(_ loop: SimLoop, scheduler: Scheduler, profile: Profile) {
        self.loop = loop
        self.scheduler = scheduler
        self.profile = profile
        waiting = Mutex(Waiting(deliveries: DeliveryQueue(mergedBytesMax: profile.mergedBytesMax)))
        (fetches, fetcher) = AsyncStream.makeStream()
    }

    var executor: any SerialExecutor { loop }

    func execute(_ turn: @escaping @Sendable () -> Void) { loop.execute(turn) }

    func deliver(_ deliveries: [Delivery]) {
        if profile.hasLooseHops {
            for delivery in deliveries { deliverLoosely(delivery) }
        } else if loop.isCurrent {
            take(deliveries)
        } else {
            loop.execute { self.take(deliveries) }
        }
    }

    private func take(_ deliveries: [Delivery]) {
        let isDelivering = waiting.withLock { waiting in
            for delivery in deliveries { waiting.deliveries.append(delivery) }
            return waiting.isDelivering
        }
        if !isDelivering { deliverSlice() }
    }

    private func deliverSlice() {
        let (slice, settled) = waiting.withLock { waiting in
            let slice = waiting.deliveries.next(membersMax: profile.membersPerTurnMax)
            waiting.isDelivering = !waiting.deliveries.isEmpty
            return (slice, waiting.isDelivering ? [] : exchange(&waiting.settling, with: []))
        }
        if let slice { for member in slice.members { member.deliver(slice.broadcast) } }
        for continuation in settled { continuation.resume() }
        if waiting.withLock({ $0.isDelivering }) { loop.execute { self.deliverSlice() } }
    }

    func settle() async {
        await withCheckedContinuation { continuation in
            loop.execute {
                let isSettled = self.waiting.withLock { waiting in
                    if waiting.isDelivering { waiting.settling.append(continuation) }
                    return !waiting.isDelivering
                }
                if isSettled { continuation.resume() }
            }
        }
    }

    /// Worse than `Outlet` allows: members may be offered broadcasts late, out of order, or twice.
    private func deliverLoosely(_ delivery: Delivery) {
        guard scheduler.pick(0...3) == 0 else { return loop.execute { Self.offer(delivery) } }
        for _ in 0...scheduler.pick(0...1) {
            loop.execute(afterMicroseconds: Int64(scheduler.pick(0...50_000))) { Self.offer(delivery) }
        }
    }

    private static func offer(_ delivery: Delivery) {
        for member in delivery.members { member.deliver(delivery.broadcast) }
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
