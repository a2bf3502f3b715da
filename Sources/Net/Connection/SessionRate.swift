internal import Rooms
internal import Synchronization

/// The rate limit of a session's messages, over all its connections in this process, on all event loops.
package final class SessionRate: Sendable {
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

    /// Takes a token for one message; nil on success, else the milliseconds until one is available. From any isolation.
    func take(now: UInt64) -> Int64? { bucket.withLock { $0.take(now: now) } }

    /// The milliseconds until a token is available; nil if one is available now. From any isolation.
    func wait(now: UInt64) -> Int64? { bucket.withLock { $0.wait(now: now) } }

    /// Whether the bucket is full, so that it holds no information about earlier messages. From any isolation.
    func isFull(now: UInt64) -> Bool { bucket.withLock { $0.isFull(now: now) } }
}
