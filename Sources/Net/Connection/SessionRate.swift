internal import Rooms
internal import Synchronization

/// How fast a session may speak, over all its connections in this process, whichever loops they are on.
final class SessionRate: Sendable {
    /// Messages a second in the long run.
    let perSecond: Double
    /// Messages at once.
    let burst: Double
    private let bucket: Mutex<TokenBucket>

    /// - Parameter now: nanoseconds of a monotonic clock.
    init(perSecond: Double, burst: Double, now: UInt64) {
        self.perSecond = perSecond
        self.burst = burst
        bucket = Mutex(TokenBucket(perSecond: perSecond, burst: burst, now: now))
    }

    /// Takes a token for one message; nil on success, else the milliseconds until there is one. From any isolation.
    func take(now: UInt64) -> Int64? { bucket.withLock { $0.take(now: now) } }

    /// The milliseconds until there is a token; nil if there is one. From any isolation.
    func wait(now: UInt64) -> Int64? { bucket.withLock { $0.wait(now: now) } }

    /// Whether nothing is remembered of what the session has said. From any isolation.
    func isFull(now: UInt64) -> Bool { bucket.withLock { $0.isFull(now: now) } }
}
