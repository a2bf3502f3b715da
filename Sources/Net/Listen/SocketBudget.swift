internal import CoreMetrics
internal import NIOCore
internal import Synchronization

/// Counts the sockets of one listener from accept to close, in any state, and limits their number.
package final class SocketBudget: Sendable {
    /// The counts of a listener.
    package struct State: Sendable, Equatable {
        /// Sockets that are open.
        package var open = 0
        /// How often accepting has paused because the maximum was reached.
        package var pauses = 0
        /// How often the system refused to accept because it had no descriptor or memory left.
        package var failures = 0
        /// The system's text for the last failure.
        package var reason = ""
    }

    /// The maximum number of open sockets; nil for no limit.
    package let max: Int?
    private let metrics: NetMetrics
    private let counts = Mutex((state: State(), resume: (@Sendable () -> Void)?.none))

    init(max: Int?, metrics: NetMetrics) {
        self.max = max
        self.metrics = metrics
    }

    /// The counts now. From any isolation.
    package var state: State { counts.withLock { $0.state } }

    /// Counts a socket that was accepted, until it is closed.
    func count(_ socket: any Channel) {
        counts.withLock { $0.state.open += 1 }
        metrics.sockets.increment()
        socket.closeFuture.whenComplete { _ in self.release() }
    }

    /// Returns how many more sockets may be accepted; if none, `resume` is called once, from any isolation, when one
    /// may.
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

    /// Counts a failed accept.
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
