extension PostgresConnection {
    /// Connects; retries with growing pauses until `limit` has passed.
    ///
    /// - Parameter waiting: called once, with the reason, if attempts fail for `DBLimits.waitNoticeDelay` or longer.
    static func open(
        _ options: ConnectionOptions, trying limit: Duration, waiting: (String) -> Void = { _ in }
    ) async throws(PostgresError) -> PostgresConnection {
        let start = ContinuousClock.now
        let deadline = start + limit
        var backoff = Backoff()
        var attempt = 0
        var hasTold = false
        while true {
            do throws(PostgresError) {
                return try await open(options.rotated(by: attempt))
            } catch {
                let now = ContinuousClock.now
                guard now < deadline, !Task.isCancelled else { throw error }
                // The last attempt is made at the deadline.
                let pause = min(backoff.pause(), deadline - now)
                attempt += 1
                if !hasTold, limit > DBLimits.waitNoticeDelay, now + pause - start >= DBLimits.waitNoticeDelay {
                    hasTold = true
                    waiting(error.reason)
                }
                // Cancellation of the pause is noticed after the next attempt.
                try? await Task.sleep(for: pause)
            }
        }
    }
}
