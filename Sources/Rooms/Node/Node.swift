public import Logging
internal import Synchronization

/// One server process as the core sees it: its rooms, its queue to the store, and how it learns what other processes
/// have stored.
///
/// Several nodes may use one store. The log is authoritative; messages between nodes are only hints.
public final class Node: Sendable {
    /// The rooms in memory in this process.
    public let directory: RoomDirectory
    /// The messages that wait to be stored and broadcast.
    public let queue: MessageQueue
    /// The sessions connected to this process.
    public let liveSessions: LiveSessions

    private let liveLane: LiveLane
    private let slowLane: SlowLane
    private let changeLane: ChangeLane
    private let repeats: RepeatedSends
    private let publisher: Publisher
    private let doorbell: Doorbell
    private let catchUp: CatchUp
    private let store: any MessageStore
    private let limits: RoomLimits
    private let clock: any Clock<Duration>
    private let epoch = Mutex<String?>(nil)

    /// A node that does nothing before `run()` is called.
    ///
    /// - Parameters:
    ///   - outlets: the event loops over which rooms are spread, at least one.
    ///   - clock: the clock that measures pauses.
    public init(
        store: any MessageStore, sessions: any SessionStore, outlets: [any Outlet], limits: RoomLimits,
        metrics: RoomMetrics, logger: Logger, clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.store = store
        self.limits = limits
        self.clock = clock
        doorbell = Doorbell(store: store, limits: limits, metrics: metrics, clock: clock)
        catchUp = CatchUp(store: store, limits: limits, metrics: metrics, logger: logger, clock: clock)
        queue = MessageQueue(limits: limits, metrics: metrics)
        directory = RoomDirectory(
            outlets: outlets, store: store, queue: queue, catchUp: catchUp, limits: limits, metrics: metrics)
        liveSessions = LiveSessions(store: sessions, limits: limits, metrics: metrics)
        repeats = RepeatedSends(queue: queue, limits: limits, metrics: metrics)
        publisher = Publisher(
            queue: queue, doorbell: doorbell, repeats: repeats, outlets: outlets, metrics: metrics)
        changeLane = ChangeLane(
            queue: queue.changes, store: store, directory: directory, doorbell: doorbell, metrics: metrics,
            logger: logger, clock: clock)
        let inbox = InboxDrain(
            store: store, doorbell: doorbell, directory: directory, limits: limits, metrics: metrics, logger: logger,
            clock: clock)
        func writer(_ lane: BatchID.Lane) -> BatchWriter {
            BatchWriter(lane: lane, store: store, metrics: metrics, logger: logger, clock: clock)
        }
        liveLane = LiveLane(
            queue: queue, writer: writer(.live), publisher: publisher, limits: limits, executor: store.executor)
        slowLane = SlowLane(
            queue: queue, writer: writer(.slow), publisher: publisher, inbox: inbox, metrics: metrics, logger: logger,
            executor: store.executor)
    }

    /// Whether everything submitted is stored, broadcast and announced, or refused. From any isolation.
    public var isIdle: Bool { queue.isIdle && queue.changes.isIdle && doorbell.isIdle }

    /// Runs the node until the queue is closed and everything queued before is stored and broadcast, or the task is
    /// cancelled.
    public func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.doorbell.run() }
            group.addTask { await self.catchUp.run() }
            group.addTask { await self.look() }
            group.addTask { await self.repeats.run() }
            await storeAndShow()
            while !isIdle, !Task.isCancelled {
                // The loop condition handles cancellation.
                try? await clock.sleep(for: limits.doorbellPause)
            }
            group.cancelAll()
        }
    }

    private func storeAndShow() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.slowLane.run() }
            group.addTask {
                var lane = self.changeLane
                await lane.run()
            }
            await liveLane.run()
            // No more messages come to the slow lane; it stores the remaining ones first.
            queue.slow.set()
            queue.slow.end()
        }
        await publisher.settle()
    }

    /// Handles an event from the store.
    public func received(_ event: StoreEvent) async {
        switch event {
        case .inbox: queue.inboxRang()
        case .news(let positions): await directory.received(positions)
        case .sessionChanged(let fingerprint): await liveSessions.recheck(fingerprint)
        case .resync:
            queue.inboxRang()
            await resync()
            await liveSessions.recheck()
        }
    }

    /// Checks at regular intervals for changes whose hints may have been lost.
    private func look() async {
        while (try? await clock.sleep(for: limits.lookInterval)) != nil {
            queue.inboxRang()
            await liveSessions.retry()
            await resync()
            await directory.retireIdle()
        }
    }

    /// Makes every room read what it may have missed, and start over if the epoch has changed.
    private func resync() async {
        if let now = try? await store.epoch(), epoch.withLock({ exchange(&$0, with: now) }) != now {
            await directory.renew(epoch: now)
        }
        await directory.resync()
    }
}
