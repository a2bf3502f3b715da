internal import Synchronization

/// The time that the shutdown may take (`drain_timeout_s`), as the services share it.
///
/// Clients have four fifths of it. One tenth more is for what is still not stored then, and the last tenth for the
/// services after that.
final class DrainTime: Sendable {
    /// The whole time.
    let limit: Duration
    private let start = Mutex<ContinuousClock.Instant?>(nil)

    init(limit: Duration) { self.limit = limit }

    /// Starts the time: the server has to stop.
    func begin() { start.withLock { $0 = .now } }

    /// When the last client must be closed. From any isolation.
    var clientsDeadline: ContinuousClock.Instant { end - limit / 5 }

    /// When everything received must be stored and shown. From any isolation.
    var storeDeadline: ContinuousClock.Instant { end - limit / 10 }

    private var end: ContinuousClock.Instant { (start.withLock { $0 } ?? .now) + limit }
}
