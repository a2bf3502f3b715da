extension Clock where Duration == Swift.Duration {
    /// The time that has passed since this call, by this clock.
    func stopwatch() -> () -> Duration {
        let start = now
        return { start.duration(to: now) }
    }
}
