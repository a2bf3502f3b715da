internal import CoreMetrics
package import Logging
package import Rooms
internal import Synchronization

/// The state that all connections of a server share.
package final class Hub: Sendable {
    let limits: NetLimits
    private let newcomerLimits: Mutex<NetLimits>
    let metrics: NetMetrics
    let logger: Logger
    let liveSessions: LiveSessions
    let directory: RoomDirectory
    let queue: MessageQueue
    let sessionRates: SessionRates
    let loginGate: TurnGate
    let historyGate: TurnGate
    let addresses: AddressCounts
    private let connections = Atomic<Int>(0)

    /// Creates the shared state of the connections to a node.
    package init(limits: NetLimits, metrics: NetMetrics, logger: Logger, node: Node) {
        self.limits = limits
        self.newcomerLimits = Mutex(limits)
        self.metrics = metrics
        self.logger = logger
        self.addresses = AddressCounts(max: limits.connectionsPerAddressMax, refusedMax: limits.refusedPerAddressMax)
        self.liveSessions = node.liveSessions
        self.directory = node.directory
        self.queue = node.queue
        self.loginGate = TurnGate(
            atOnceMax: limits.loginsAtOnceMax, waitingMax: limits.loginsWaitingMax, waiting: metrics.loginsWaiting,
            refused: metrics.loginsRefused)
        self.historyGate = TurnGate(
            atOnceMax: limits.historiesAtOnceMax, waitingMax: limits.historiesWaitingMax,
            waiting: metrics.historiesWaiting, refused: metrics.historiesRefused)
        self.sessionRates = SessionRates(limits: limits, metrics: metrics)
    }

    /// Open WebSocket connections. From any isolation.
    package var connectionCount: Int { connections.load(ordering: .relaxed) }

    /// The limits of new connections; a connection keeps the limits it started with. From any isolation.
    var limitsOfNewcomers: NetLimits { newcomerLimits.withLock { $0 } }

    /// Sets the rates and the deadlines of new connections; the other limits keep their effect from the start. From any
    /// isolation.
    package func setLimitsOfNewcomers(_ limits: NetLimits) { newcomerLimits.withLock { $0 = limits } }

    /// Removes a client from the queue in which it waits, if it does.
    func giveBack(_ ticket: ConnectionState.Ticket?) {
        switch ticket {
        case .login(let ticket): loginGate.giveBack(ticket)
        case .history(let ticket): historyGate.giveBack(ticket)
        case nil: break
        }
    }

    /// Sets the maximum number of sockets of one client address; nil for no limit. From any isolation.
    package func setConnectionsPerAddressMax(_ max: Int?) { addresses.setMax(max) }

    /// Counts a new WebSocket; returns false if its client address or the server has too many.
    func connectionBegan(with permit: AddressPermit) -> Bool {
        guard permit.admission == .admitted else {
            refusedByAddress(permit)
            return false
        }
        let count = connections.add(1, ordering: .relaxed).newValue
        if let max = limits.connectionsMax, count > max {
            connections.subtract(1, ordering: .relaxed)
            metrics.refusedTooMany.increment()
            logger.log(.debug, .clientRefused, ["address": "\(permit.address)", "reason": "connections_max"])
            return false
        }
        metrics.connections.record(count)
        return true
    }

    /// Counts and logs a refusal because the client's address has too many sockets.
    func refusedByAddress(_ permit: AddressPermit) {
        metrics.refusedByAddress.increment()
        logger.log(
            .debug, .clientRefused, ["address": "\(permit.address)", "reason": "connections_per_address_max"])
    }

    func connectionEnded() {
        metrics.connections.record(connections.subtract(1, ordering: .relaxed).newValue)
    }
}
