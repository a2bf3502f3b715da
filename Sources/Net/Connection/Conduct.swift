internal import Rooms

/// The rate limits of a client's control frames, history requests and refused frames: a value without a clock.
///
/// - Note: `now` is always nanoseconds of one monotonic clock.
struct Conduct {
    private var controls: TokenBucket
    private var histories: TokenBucket
    private var refusals: TokenBucket

    init(limits: NetLimits, now: UInt64) {
        controls = TokenBucket(perSecond: limits.controlFramesPerSecond, burst: limits.controlFramesBurst, now: now)
        histories = TokenBucket(perSecond: limits.historiesPerSecond, burst: limits.historiesBurst, now: now)
        refusals = TokenBucket(perSecond: limits.refusalsPerSecond, burst: limits.refusalsBurst, now: now)
    }

    /// Takes a ping or pong; returns false if there are too many.
    mutating func allowsControl(now: UInt64) -> Bool { controls.take(now: now) == nil }

    /// Takes a history request; returns nil if it is allowed, else the milliseconds until the next one is.
    mutating func historyWait(now: UInt64) -> Int64? { histories.take(now: now) }

    /// Takes a refused frame; returns false if there are too many.
    mutating func allowsRefusal(now: UInt64) -> Bool { refusals.take(now: now) == nil }
}
