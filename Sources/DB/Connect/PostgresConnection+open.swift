extension PostgresConnection {
    /// Connects, trying again with growing pauses until `limit` has passed.
    static func open(
        _ options: ConnectionOptions, trying limit: Duration
    ) async throws(PostgresError) -> PostgresConnection {
        let deadline = ContinuousClock.now + limit
        var backoff = Backoff()
        var attempt = 0
        while true {
            do throws(PostgresError) {
                return try await open(options.rotated(by: attempt))
            } catch {
                let pause = backoff.pause()
                attempt += 1
                guard ContinuousClock.now + pause < deadline, !Task.isCancelled else { throw error }
                // A cancelled pause is seen after the next attempt.
                try? await Task.sleep(for: pause)
            }
        }
    }
}
