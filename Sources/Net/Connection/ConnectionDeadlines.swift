internal import NIOCore

/// The deadlines of one connection, checked by the loop's sweep: a value without timers.
struct ConnectionDeadlines {
    /// What is due.
    enum Due: Equatable {
        case none
        case ping
        /// The login or a pong did not come in time.
        case tooLate
        /// The client has read nothing from its queue for too long.
        case stuck
        /// Close the socket without a close frame; returned once.
        case abandon
    }

    /// A copy for each connection, because the limits of new connections can change during its lifetime.
    private struct Limits {
        let pingInterval: TimeAmount?
        let pingTimeout: TimeAmount?
        let slowTimeout: TimeAmount?
        let closeTimeout: TimeAmount
        let lingerTimeout: TimeAmount
    }

    private let limits: Limits
    private var loginBy: NIODeadline?
    private var closeBy: NIODeadline?
    private var heardAt: NIODeadline
    private var pingedAt: NIODeadline?
    private var progressAt: NIODeadline
    private var queueSeen = 0

    init(limits: NetLimits, now: NIODeadline) {
        self.limits = Limits(
            pingInterval: limits.pingInterval, pingTimeout: limits.pingTimeout, slowTimeout: limits.slowTimeout,
            closeTimeout: limits.closeTimeout, lingerTimeout: limits.lingerTimeout)
        self.loginBy = limits.handshakeTimeout.map { now + $0 }
        self.heardAt = now
        self.progressAt = now
    }

    mutating func loggedIn(now: NIODeadline) {
        loginBy = nil
        heardAt = now
    }

    mutating func heard(now: NIODeadline) {
        heardAt = now
        pingedAt = nil
    }

    mutating func progressed(now: NIODeadline) { progressAt = now }

    /// Records the bytes in the queue; any change is progress.
    mutating func sawQueue(bytes: Int, now: NIODeadline) {
        if bytes != queueSeen { progressAt = now }
        queueSeen = bytes
    }

    mutating func closing(now: NIODeadline) { closeBy = now + limits.closeTimeout }

    /// Everything has been written; the connection waits only for the client to close its side.
    mutating func lingering(now: NIODeadline) {
        let lingerBy = now + limits.lingerTimeout
        closeBy = closeBy.map { min($0, lingerBy) } ?? lingerBy
    }

    mutating func check(now: NIODeadline, isUpgrading: Bool, isQueueing: Bool) -> Due {
        if let closeBy { return now >= closeBy ? abandoned() : .none }
        if let loginBy { return now < loginBy ? .none : isUpgrading ? abandoned() : .tooLate }
        if isQueueing {
            // A ping would wait in the queue. While bytes are queued, progress shows that the client is alive.
            if let slow = limits.slowTimeout, now >= progressAt + slow { return .stuck }
            heardAt = max(heardAt, progressAt)
            pingedAt = nil
            return .none
        }
        if let pingedAt {
            guard let timeout = limits.pingTimeout, now >= pingedAt + timeout else { return .none }
            return .tooLate
        }
        if let interval = limits.pingInterval, now >= heardAt + interval {
            pingedAt = now
            return .ping
        }
        return .none
    }

    private mutating func abandoned() -> Due {
        closeBy = .distantFuture
        return .abandon
    }
}
