/// The pause before the next attempt: doubling, capped, with jitter so that many clients do not reconnect at once.
struct Backoff: Sendable {
    private let first: Duration
    private let cap: Duration
    private var next: Duration

    /// Starts with a pause of `first`; no pause is longer than `cap`.
    init(first: Duration = DBLimits.backoffFirst, cap: Duration = DBLimits.backoffMax) {
        self.first = first
        self.cap = cap
        next = min(first, cap)
    }

    /// The pause before the next attempt: between half and all of the current step.
    mutating func pause(using generator: inout some RandomNumberGenerator) -> Duration {
        let step = next
        next = min(step * 2, cap)
        return step * Double.random(in: 0.5...1, using: &generator)
    }

    /// The pause before the next attempt, with the system's random number generator.
    mutating func pause() -> Duration {
        var generator = SystemRandomNumberGenerator()
        return pause(using: &generator)
    }

    /// After a success: the next failure starts with the first pause again.
    mutating func reset() { next = min(first, cap) }
}
