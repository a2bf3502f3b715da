internal import Rooms

/// What a client may do besides speaking, and how often it may be in the wrong: a value without a clock.
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

    /// Whether one more ping or pong is no flood.
    mutating func allowsControl(now: UInt64) -> Bool { controls.take(now: now) == nil }

    /// Takes a request for history; nil if it may be answered, else the milliseconds until the next one may.
    mutating func historyWait(now: UInt64) -> Int64? { histories.take(now: now) }

    /// Whether one more frame that had to be refused is no flood.
    mutating func allowsRefusal(now: UInt64) -> Bool { refusals.take(now: now) == nil }
}
