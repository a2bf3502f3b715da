/// A rate limit that allows bursts: tokens come at a steady rate, each message takes one.
public struct TokenBucket: Sendable, Equatable {
    private let tokensPerSecond: Double
    private let burst: Double
    private var tokens: Double
    private var filledAt: UInt64

    /// A full bucket.
    ///
    /// - Parameters:
    ///   - perSecond: messages a second in the long run, above 0.
    ///   - burst: messages at once, at least 1.
    ///   - now: nanoseconds of a monotonic clock.
    public init(perSecond: Double, burst: Double, now: UInt64) {
        self.tokensPerSecond = perSecond
        self.burst = burst
        self.tokens = burst
        self.filledAt = now
    }

    /// Takes a token; nil on success, else the milliseconds until one is available.
    ///
    /// - Parameter now: nanoseconds of the same monotonic clock.
    public mutating func take(now: UInt64) -> Int64? {
        if let milliseconds = wait(now: now) { return milliseconds }
        tokens -= 1
        return nil
    }

    /// The milliseconds until a token is available, without taking it; nil if one is available now.
    ///
    /// - Parameter now: nanoseconds of the same monotonic clock.
    public mutating func wait(now: UInt64) -> Int64? {
        fill(now: now)
        guard tokens < 1 else { return nil }
        return max(1, Int64(((1 - tokens) / tokensPerSecond * 1000).rounded(.up)))
    }

    /// Whether the bucket is full, so that it holds no information about earlier messages.
    ///
    /// - Parameter now: nanoseconds of the same monotonic clock.
    public mutating func isFull(now: UInt64) -> Bool {
        fill(now: now)
        return tokens >= burst
    }

    private mutating func fill(now: UInt64) {
        guard now > filledAt else { return }
        tokens = min(burst, tokens + Double(now - filledAt) / 1e9 * tokensPerSecond)
        filledAt = now
    }
}
