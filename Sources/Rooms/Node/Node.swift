public import Logging
internal import Synchronization

/// One server process as the core sees it: its rooms, the way of its messages into the store, and how it learns what
/// other processes have stored.
///
/// Several nodes may work on one store. The log is the truth between them; what they tell each other are hints.
public final class Node: Sendable {
    /// The rooms alive in this process.
    public let directory: RoomDirectory
    /// The way of messages into the store.
    public let log: MessageLog
    /// The sessions connected to this process.
    public let liveSessions: LiveSessions

    private let doorbell: Doorbell
    private let catchUp: CatchUp
    private let store: any MessageStore
    private let limits: RoomLimits
    private let clock: any Clock<Duration>
    private let epoch = Mutex<String?>(nil)

    /// A node that does nothing before `run()`.
    ///
    /// - Parameters:
    ///   - executors: the event loops over which rooms are spread, at least one.
    ///   - clock: what pauses are measured by.
    ///   - settle: returns when everything delivered so far has reached the sockets' queues.
    public init(
        store: any MessageStore, sessions: any SessionStore, executors: [any SerialExecutor], limits: RoomLimits,
        metrics: RoomMetrics, logger: Logger, clock: any Clock<Duration> = ContinuousClock(),
        settle: @escaping @Sendable () async -> Void
    ) {
        self.store = store
        self.limits = limits
        self.clock = clock
        doorbell = Doorbell(store: store, limits: limits, metrics: metrics, clock: clock)
        catchUp = CatchUp(store: store, limits: limits, metrics: metrics, logger: logger, clock: clock)
        log = MessageLog(
            store: store, doorbell: doorbell, limits: limits, metrics: metrics, logger: logger, clock: clock,
            settle: settle)
        directory = RoomDirectory(
            executors: executors, store: store, log: log, catchUp: catchUp, limits: limits, metrics: metrics)
        liveSessions = LiveSessions(store: sessions, limits: limits, metrics: metrics)
    }

    /// Whether everything submitted is stored, shown and announced, or refused. From any isolation.
    public var isIdle: Bool { log.isIdle && doorbell.isIdle }

    /// Stores and shows, rings and listens, until the log is closed and everything taken before is stored and shown,
    /// or the task is cancelled.
    public func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.doorbell.run() }
            group.addTask { await self.catchUp.run() }
            group.addTask { await self.look() }
            await log.run(showing: directory)
            while !doorbell.isIdle, !Task.isCancelled {
                // Cancellation is seen above.
                try? await clock.sleep(for: limits.doorbellPause)
            }
            group.cancelAll()
        }
    }

    /// Acts on what the store tells.
    public func heard(_ event: StoreEvent) async {
        switch event {
        case .inbox: log.inboxRang()
        case .news(let positions): await directory.heard(positions)
        case .sessionChanged(let fingerprint): await liveSessions.recheck(fingerprint)
        case .resync:
            log.inboxRang()
            await resync()
            await liveSessions.recheck()
        }
    }

    /// The safety net under the hints: looks for itself, now and then, at what it may not have been told.
    private func look() async {
        while (try? await clock.sleep(for: limits.lookInterval)) != nil {
            log.inboxRang()
            await liveSessions.retry()
            await resync()
            await directory.retireIdle()
        }
    }

    /// Lets every room read what it may have missed, and start over if the log's past is another one now.
    private func resync() async {
        if let now = try? await store.epoch(), epoch.withLock({ exchange(&$0, with: now) }) != now {
            await directory.renew(epoch: now)
        }
        await directory.resync()
    }
}
