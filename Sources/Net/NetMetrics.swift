public import CoreMetrics

/// The figures of the network side; made once, at start.
public struct NetMetrics: Sendable {
    /// Open WebSocket connections.
    public let connections: Gauge
    /// Logins that succeeded.
    public let logins: Counter
    /// Messages written or queued to sockets.
    public let deliveries: Counter
    /// Messages compressed: a broadcast once for each loop and window size, however many receive it.
    public let compressions: Counter
    /// Seconds from reading a message to having written it to the sockets of a loop.
    public let deliverySeconds: Timer
    /// Upgrades refused because there were too many connections.
    public let refusedTooMany: Counter
    /// Sockets cut off because no request came, or because the client did not end its side, in time.
    public let abandoned: Counter
    /// Times that a member was left behind because its socket's queue was full.
    public let demotions: Counter
    /// Times that reading of a socket paused because its connection had too much to do.
    public let readPauses: Counter
    /// Messages refused because their sender was too fast.
    public let rateLimited: Counter

    private let closedByCode: [CloseCode: Counter]

    /// Registers the metrics with a factory.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        func counter(_ label: String, _ dimensions: [(String, String)] = []) -> Counter {
            Counter(label: label, dimensions: dimensions, factory: factory)
        }
        connections = Gauge(label: "roomcast_connections", dimensions: [], factory: factory)
        logins = counter("roomcast_logins_total")
        deliveries = counter("roomcast_deliveries_total")
        deliverySeconds = Timer(label: "roomcast_delivery_seconds", dimensions: [], factory: factory)
        compressions = counter("roomcast_compressions_total")
        refusedTooMany = counter("roomcast_connections_refused_total")
        abandoned = counter("roomcast_abandoned_total")
        demotions = counter("roomcast_demotions_total")
        readPauses = counter("roomcast_read_pauses_total")
        rateLimited = counter("roomcast_rate_limited_total")
        closedByCode = Dictionary(
            uniqueKeysWithValues: CloseCode.allCases.map {
                ($0, counter("roomcast_closed_total", [("code", String($0.rawValue))]))
            })
    }

    /// Counts a close frame that the server sends.
    func closed(_ code: CloseCode) { closedByCode[code]?.increment() }
}
