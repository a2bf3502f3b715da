package import CoreMetrics

/// The metrics of the network side; created once, at start.
package struct NetMetrics: Sendable {
    /// Open WebSocket connections.
    package let connections: Gauge
    /// Logins that succeeded.
    package let logins: Counter
    /// Open sockets of all listeners, from accept on.
    package let sockets: Meter
    /// Times that accepting paused because a listener had its maximum number of sockets.
    package let acceptPauses: Counter
    /// Times that the system refused to accept because it had no descriptor left.
    package let acceptFailures: Counter
    /// Clients that wait to log in.
    package let loginsWaiting: Gauge
    /// Logins refused because too many waited.
    package let loginsRefused: Counter
    /// Logins ended because their session was moved to other rooms repeatedly during the login.
    package let loginsMoved: Counter
    /// Messages written or queued to sockets.
    package let deliveries: Counter
    /// Messages compressed: a broadcast counts once for each loop and window size, for any number of receivers.
    package let compressions: Counter
    /// Seconds from reading a message until it is written to the sockets of a loop.
    package let deliverySeconds: Timer
    /// Upgrades refused because there were too many connections.
    package let refusedTooMany: Counter
    /// Connections for pages, health or metrics closed because their listener had too many.
    package let pagesRefused: Counter
    /// Sockets of any listener refused or closed because their client's address had too many.
    package let refusedByAddress: Counter
    /// Sockets of trusted proxies closed because of a PROXY protocol header that is malformed or too long.
    package let malformedProxyHeaders: Counter
    /// Sockets closed by a time-out: no request came, or the client did not close its side.
    package let abandoned: Counter
    /// Times that live broadcasts to a member stopped because its socket's queue was full.
    package let demotions: Counter
    /// Times that a loop had broadcasts for more members than it serves in one turn.
    package let deliveriesDeferred: Counter
    /// Broadcasts that were not merged with the one before because of `NetLimits.mergedBroadcastBytesMax`.
    package let mergesRefused: Counter
    /// Times that reading from a socket paused because its connection had too much queued.
    package let readPauses: Counter
    /// Messages refused because their sender was too fast.
    package let rateLimited: Counter

    /// Messages refused because all connections of the session together were too fast.
    package let sessionRateLimited: Counter
    /// Sessions whose rate was discarded because too many sessions had just left.
    package let sessionsForgotten: Counter
    /// Messages refused because of the slow mode of their room.
    package let slowModeLimited: Counter
    /// People whose last message in a room with slow mode was forgotten because there were too many.
    package let slowModeForgotten: Counter
    /// Requests for history refused because their sender was too fast.
    package let historiesLimited: Counter
    /// Requests for history that wait because too many are in progress.
    package let historiesWaiting: Gauge
    /// Requests for history refused because too many waited.
    package let historiesRefused: Counter
    /// Pings that were not answered because a newer one came before the client had read its queue.
    package let pongsLeftOut: Counter

    private let closedByCode: [CloseCode: Counter]

    /// Registers the metrics with a factory.
    package init(factory: any MetricsFactory = MetricsSystem.factory) {
        func counter(_ label: String, _ dimensions: [(String, String)] = []) -> Counter {
            Counter(label: label, dimensions: dimensions, factory: factory)
        }
        connections = Gauge(label: "roomcast_connections", dimensions: [], factory: factory)
        logins = counter("roomcast_logins_total")
        deliveries = counter("roomcast_deliveries_total")
        deliverySeconds = Timer(label: "roomcast_delivery_seconds", dimensions: [], factory: factory)
        compressions = counter("roomcast_compressions_total")
        refusedTooMany = counter("roomcast_connections_refused_total")
        pagesRefused = counter("roomcast_page_connections_refused_total")
        refusedByAddress = counter("roomcast_refused_by_address_total")
        malformedProxyHeaders = counter("roomcast_proxy_headers_malformed_total")
        abandoned = counter("roomcast_abandoned_total")
        demotions = counter("roomcast_demotions_total")
        deliveriesDeferred = counter("roomcast_deliveries_deferred_total")
        mergesRefused = counter("roomcast_broadcast_merges_refused_total")
        readPauses = counter("roomcast_read_pauses_total")
        rateLimited = counter("roomcast_rate_limited_total")
        sessionRateLimited = counter("roomcast_session_rate_limited_total")
        slowModeLimited = counter("roomcast_slow_mode_limited_total")
        slowModeForgotten = counter("roomcast_slow_mode_forgotten_total")
        sessionsForgotten = counter("roomcast_session_rates_forgotten_total")
        sockets = Meter(label: "roomcast_sockets", dimensions: [], factory: factory)
        acceptPauses = counter("roomcast_accept_pauses_total")
        acceptFailures = counter("roomcast_accept_failures_total")
        loginsWaiting = Gauge(label: "roomcast_logins_waiting", dimensions: [], factory: factory)
        loginsRefused = counter("roomcast_logins_refused_total")
        loginsMoved = counter("roomcast_logins_moved_total")
        historiesLimited = counter("roomcast_histories_limited_total")
        historiesWaiting = Gauge(label: "roomcast_histories_waiting", dimensions: [], factory: factory)
        historiesRefused = counter("roomcast_histories_refused_total")
        pongsLeftOut = counter("roomcast_pongs_left_out_total")
        closedByCode = Dictionary(
            uniqueKeysWithValues: CloseCode.allCases.map {
                ($0, counter("roomcast_closed_total", [("code", String($0.rawValue))]))
            })
    }

    /// Counts a close frame that the server sends.
    func closed(_ code: CloseCode) { closedByCode[code]?.increment() }
}
