internal import CoreMetrics
internal import NIOCore
internal import Synchronization

/// The sockets of one listener, counted from accept to close whatever becomes of them, and how many there may be.
public final class SocketBudget: Sendable {
    /// What a listener has come to.
    public struct State: Sendable, Equatable {
        /// Sockets that are open.
        public var open = 0
        /// How often accepting has paused because there was no room for another one.
        public var pauses = 0
        /// How often the system refused to accept because it had no descriptor or memory left.
        public var failures = 0
        /// What it said the last time.
        public var reason = ""
    }

    /// The most sockets that may be open; nil for any number.
    public let max: Int?
    private let metrics: NetMetrics
    private let counts = Mutex((state: State(), resume: (@Sendable () -> Void)?.none))

    init(max: Int?, metrics: NetMetrics) {
        self.max = max
        self.metrics = metrics
    }

    /// The counts now. From any isolation.
    public var state: State { counts.withLock { $0.state } }

    /// Counts a socket that was accepted, until it is closed.
    func count(_ socket: any Channel) {
        counts.withLock { $0.state.open += 1 }
        metrics.sockets.increment()
        socket.closeFuture.whenComplete { _ in self.release() }
    }

    /// How many more may be accepted; if none, `resume` is called once, from any isolation, when one may.
    func room(orElse resume: @escaping @Sendable () -> Void) -> Int {
        guard let max else { return .max }
        return counts.withLock { counts in
            if counts.state.open >= max {
                counts.state.pauses += 1
                counts.resume = resume
            }
            return max - counts.state.open
        }
    }

    /// Accepting has failed.
    func failed(_ reason: String) {
        counts.withLock { counts in
            counts.state.failures += 1
            counts.state.reason = reason
        }
        metrics.acceptFailures.increment()
    }

    private func release() {
        metrics.sockets.decrement()
        let resume = counts.withLock { counts in
            counts.state.open -= 1
            return counts.resume.take()
        }
        resume?()
    }
}
