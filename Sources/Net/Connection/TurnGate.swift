internal import CoreMetrics
internal import Synchronization

/// Lets a limited number of clients do something costly at once; the others wait in their order.
///
/// After a restart thousands log in together; and history may be asked for by every client at the same time. The
/// database, the memory and the loops then have a bounded amount of such work.
final class TurnGate: Sendable {
    /// What a client waits for.
    enum Turn {
        /// Go on, and then `leave()`.
        case come
        /// Too many are waiting.
        case full
        /// It has given its ticket back.
        case gone
    }

    private let queue: Mutex<TurnQueue<CheckedContinuation<Turn, Never>>>
    private let waiting: Gauge
    private let refused: Counter

    /// - Parameters:
    ///   - atOnceMax: clients that go on at the same time, at least 1.
    ///   - waitingMax: clients that wait; one more is refused.
    ///   - waiting: how many wait.
    ///   - refused: counts those that are refused.
    init(atOnceMax: Int, waitingMax: Int, waiting: Gauge, refused: Counter) {
        queue = Mutex(TurnQueue(atOnceMax: atOnceMax, waitingMax: waitingMax))
        self.waiting = waiting
        self.refused = refused
    }

    /// Tells the client when its turn has come, or that it will not; returns a ticket if it has to wait.
    func ask(_ client: CheckedContinuation<Turn, Never>) -> UInt64? {
        let (admission, count) = queue.withLock { ($0.ask(client), $0.count) }
        switch admission {
        case .enter: client.resume(returning: .come)
        case .full:
            refused.increment()
            client.resume(returning: .full)
        case .wait(let ticket):
            waiting.record(count)
            return ticket
        }
        return nil
    }

    /// A client whose turn had come is done.
    func leave() {
        let (next, count) = queue.withLock { ($0.leave(), $0.count) }
        guard let next else { return }
        waiting.record(count)
        next.resume(returning: .come)
    }

    /// A client waits no more: its socket is gone, or its time is over.
    func giveBack(_ ticket: UInt64) {
        let (client, count) = queue.withLock { ($0.giveBack(ticket), $0.count) }
        guard let client else { return }
        waiting.record(count)
        client.resume(returning: .gone)
    }
}
