internal import ServiceLifecycle

/// A part of the server that is cancelled when its turn in the shutdown comes: it has nothing to finish.
struct BackgroundService: Service {
    private let body: @Sendable () async -> Void

    /// - Parameter body: returns only when it is cancelled.
    init(_ body: @escaping @Sendable () async -> Void) { self.body = body }

    func run() async { await cancelWhenGracefulShutdown { await body() } }
}
