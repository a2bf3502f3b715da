internal import CoreMetrics
internal import Synchronization

/// Lets as many clients log in at once as the database answers well, and the others in their turn: after a restart
/// thousands come together.
final class LoginGate: Sendable {
    /// What a client waits for.
    enum Turn {
        /// Log in, and then `leave()`.
        case come
        /// Too many are waiting.
        case full
        /// It has given its ticket back.
        case gone
    }

    /// One who finds too many waiting is told to come back within this time, in milliseconds.
    static let retryMilliseconds = 2000...10_000

    private let queue: Mutex<LoginQueue<CheckedContinuation<Turn, Never>>>
    private let metrics: NetMetrics

    init(limits: NetLimits, metrics: NetMetrics) {
        queue = Mutex(LoginQueue(atOnceMax: limits.loginsAtOnceMax, waitingMax: limits.loginsWaitingMax))
        self.metrics = metrics
    }

    /// Tells the client when its turn has come, or that it will not; returns a ticket if it has to wait.
    func ask(_ client: CheckedContinuation<Turn, Never>) -> UInt64? {
        let (admission, count) = queue.withLock { ($0.ask(client), $0.count) }
        switch admission {
        case .enter: client.resume(returning: .come)
        case .full:
            metrics.loginsRefused.increment()
            client.resume(returning: .full)
        case .wait(let ticket):
            metrics.loginsWaiting.record(count)
            return ticket
        }
        return nil
    }

    /// A client that had come is logged in, or has failed to.
    func leave() {
        let (next, count) = queue.withLock { ($0.leave(), $0.count) }
        guard let next else { return }
        metrics.loginsWaiting.record(count)
        next.resume(returning: .come)
    }

    /// A client waits no more: its socket is gone, or the time for its login is over.
    func giveBack(_ ticket: UInt64) {
        let (client, count) = queue.withLock { ($0.giveBack(ticket), $0.count) }
        guard let client else { return }
        metrics.loginsWaiting.record(count)
        client.resume(returning: .gone)
    }
}
