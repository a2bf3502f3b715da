internal import NIOHTTP1

/// The routes of the ops listener: liveness, readiness for clients, and metrics.
package struct OpsRoutes: Sendable {
    /// Whether clients should be sent here.
    package enum Readiness: Sendable, Equatable {
        /// Yes.
        case ready
        /// No, with the reason: a word from a fixed list such as `database` or `draining`.
        case notReady(String)
    }

    private let readiness: @Sendable () -> Readiness
    private let metrics: @Sendable () -> String

    /// The ops routes; both closures run on an event loop at each request, so they must read a snapshot and not block.
    ///
    /// - Parameters:
    ///   - readiness: the response of `/health/ready`.
    ///   - metrics: the text of `/metrics`, in Prometheus' text format.
    package init(readiness: @escaping @Sendable () -> Readiness, metrics: @escaping @Sendable () -> String) {
        self.readiness = readiness
        self.metrics = metrics
    }

    /// The routes for a listener.
    package var routes: HTTPRoutes {
        let (readiness, metrics) = (readiness, metrics)
        var routes = HTTPRoutes()
        routes.get("/health/live") { _ in .json(#"{"status":"live"}"#) }
        routes.get("/health/ready") { _ in
            switch readiness() {
            case .ready: .json(#"{"status":"ready"}"#)
            case .notReady(let reason):
                .json(#"{"status":"not_ready","reason":"\#(reason)"}"#, status: .serviceUnavailable)
            }
        }
        routes.get("/metrics") { _ in .text(metrics(), type: "text/plain; version=0.0.4; charset=utf-8") }
        return routes
    }
}
