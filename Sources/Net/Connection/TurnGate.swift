internal import CoreMetrics
internal import Synchronization

/// Limits how many clients do a costly operation at once; the others wait in order.
///
/// After a restart thousands of clients log in together, and every client may request history at the same time. The
/// gate bounds this work for the database, the memory and the loops.
final class TurnGate: Sendable {
    /// The result of a client's request for a turn.
    enum Turn {
        /// The client may go on, and must call `leave()` afterwards.
        case admitted
        /// Too many are waiting.
        case full
        /// The client has given its ticket back.
        case withdrawn
    }

    private let queue: Mutex<TurnQueue<CheckedContinuation<Turn, Never>>>
    private let waiting: Gauge
    private let refused: Counter

    /// - Parameters:
    ///   - atOnceMax: clients that go on at the same time, at least 1.
    ///   - waitingMax: clients that wait; one more is refused.
    ///   - waiting: the number of waiting clients.
    ///   - refused: counts refused clients.
    init(atOnceMax: Int, waitingMax: Int, waiting: Gauge, refused: Counter) {
        queue = Mutex(TurnQueue(atOnceMax: atOnceMax, waitingMax: waitingMax))
        self.waiting = waiting
        self.refused = refused
    }

    /// Resumes the client when it is admitted or refused; returns a ticket if it has to wait.
    func ask(_ client: CheckedContinuation<Turn, Never>) -> UInt64? {
        let (admission, count) = queue.withLock { ($0.ask(client), $0.count) }
        switch admission {
        case .enter: client.resume(returning: .admitted)
        case .full:
            refused.increment()
            client.resume(returning: .full)
        case .wait(let ticket):
            waiting.record(count)
            return ticket
        }
        return nil
    }

    /// Ends the turn of an admitted client.
    func leave() {
        let (next, count) = queue.withLock { ($0.leave(), $0.count) }
        guard let next else { return }
        waiting.record(count)
        next.resume(returning: .admitted)
    }

    /// Removes a waiting client: its socket is closed, or its time-out has passed.
    func giveBack(_ ticket: UInt64) {
        let (client, count) = queue.withLock { ($0.giveBack(ticket), $0.count) }
        guard let client else { return }
        waiting.record(count)
        client.resume(returning: .withdrawn)
    }
}
