internal import CoreMetrics
internal import Rooms
internal import Synchronization

/// What all connections of a server use: one object, so that each connection stores one reference.
final class ConnectionContext: Sendable {
    /// The limits since the start of the server.
    let limits: NetLimits
    let metrics: NetMetrics
    let counts: ConnectionCounts
    let liveSessions: LiveSessions
    let directory: RoomDirectory
    let queue: MessageQueue
    let sessionRates: SessionRates
    let slowModeTimes: SlowModeTimes
    let loginGate: TurnGate
    let historyGate: TurnGate
    private let newcomerLimits: Mutex<NetLimits>

    init(limits: NetLimits, metrics: NetMetrics, counts: ConnectionCounts, node: Node) {
        self.limits = limits
        self.metrics = metrics
        self.counts = counts
        newcomerLimits = Mutex(limits)
        liveSessions = node.liveSessions
        directory = node.directory
        queue = node.queue
        sessionRates = SessionRates(limits: limits, metrics: metrics)
        slowModeTimes = SlowModeTimes(limits: limits, metrics: metrics)
        loginGate = TurnGate(
            atOnceMax: limits.loginsAtOnceMax, waitingMax: limits.loginsWaitingMax, waiting: metrics.loginsWaiting,
            refused: metrics.loginsRefused)
        historyGate = TurnGate(
            atOnceMax: limits.historiesAtOnceMax, waitingMax: limits.historiesWaitingMax,
            waiting: metrics.historiesWaiting, refused: metrics.historiesRefused)
    }

    /// The limits of new connections; a connection keeps the limits it started with. From any isolation.
    var limitsOfNewcomers: NetLimits {
        get { newcomerLimits.withLock { $0 } }
        set { newcomerLimits.withLock { $0 = newValue } }
    }

    /// Removes a client from the queue in which it waits, if it does.
    func giveBack(_ ticket: ConnectionState.Ticket?) {
        switch ticket {
        case .login(let ticket): loginGate.giveBack(ticket)
        case .history(let ticket): historyGate.giveBack(ticket)
        case nil: break
        }
    }
}
