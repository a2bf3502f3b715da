internal import Rooms

/// The rate limits of what one client asks for: a value without a clock.
///
/// - Note: `now` is always nanoseconds of one monotonic clock.
package struct ClientRateLimits {
    /// A refused message: which limit it is over, and the milliseconds until the next one is allowed.
    package enum MessageExcess: Equatable {
        case connection(milliseconds: Int64)
        case session(milliseconds: Int64)
    }

    /// The rate that the connection shares with the others of its session; nil for no such limit.
    package let session: SessionRate?
    private var messages: TokenBucket?
    private var histories: TokenBucket
    private var refusals: TokenBucket

    package init(limits: NetLimits, session: SessionRate?, now: UInt64) {
        self.session = session
        messages = limits.messagesPerSecond.map { TokenBucket(perSecond: $0, burst: limits.messagesBurst, now: now) }
        histories = TokenBucket(perSecond: limits.historiesPerSecond, burst: limits.historiesBurst, now: now)
        refusals = TokenBucket(perSecond: limits.refusalsPerSecond, burst: limits.refusalsBurst, now: now)
    }

    /// Takes a message, from the limits of the connection and of its session; returns nil if both allow it, else takes
    /// it from none.
    package mutating func takeMessage(now: UInt64) -> MessageExcess? {
        if let wait = messages?.wait(now: now) {
            return .connection(milliseconds: max(wait, session?.wait(now: now) ?? 0))
        }
        if let wait = session?.take(now: now) { return .session(milliseconds: wait) }
        _ = messages?.take(now: now)
        return nil
    }

    /// Takes a history request; returns nil if it is allowed, else the milliseconds until the next one is.
    mutating func takeHistory(now: UInt64) -> Int64? { histories.take(now: now) }

    /// Takes an error that the client has caused; returns false if there are too many.
    package mutating func allowsRefusal(now: UInt64) -> Bool { refusals.take(now: now) == nil }
}
