internal import CoreMetrics
public import Logging
public import Rooms
internal import Synchronization

/// What all connections of a server share.
public final class Hub: Sendable {
    let limits: NetLimits
    let metrics: NetMetrics
    let logger: Logger
    let liveSessions: LiveSessions
    let directory: RoomDirectory
    let log: MessageLog
    private let connections = Atomic<Int>(0)

    /// What the connections to a node share.
    public init(limits: NetLimits, metrics: NetMetrics, logger: Logger, node: Node) {
        self.limits = limits
        self.metrics = metrics
        self.logger = logger
        self.liveSessions = node.liveSessions
        self.directory = node.directory
        self.log = node.log
    }

    /// Open WebSocket connections. From any isolation.
    public var connectionCount: Int { connections.load(ordering: .relaxed) }

    /// Counts a WebSocket in; false if there are too many.
    func connectionBegan() -> Bool {
        let count = connections.add(1, ordering: .relaxed).newValue
        if let max = limits.connectionsMax, count > max {
            connections.subtract(1, ordering: .relaxed)
            metrics.refusedTooMany.increment()
            return false
        }
        metrics.connections.record(count)
        return true
    }

    func connectionEnded() {
        metrics.connections.record(connections.subtract(1, ordering: .relaxed).newValue)
    }
}
