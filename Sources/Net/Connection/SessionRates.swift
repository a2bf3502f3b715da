internal import CoreMetrics
internal import Synchronization

/// The rate of each session that is connected to this process, or was recently.
///
/// The rate of a session that leaves is kept until its full burst is available again: a reconnect gains nothing.
package final class SessionRates: Sendable {
    private struct Entry {
        let rate: SessionRate
        var connections = 0
    }

    private struct State {
        var connected: [String: Entry] = [:]
        var left: [String: SessionRate] = [:]
    }

    private let state = Mutex(State())
    private let leftMax: Int
    private let metrics: NetMetrics

    /// Creates an empty table.
    package init(limits: NetLimits, metrics: NetMetrics) {
        leftMax = limits.sessionsLeftMax
        self.metrics = metrics
    }

    /// Returns the rate that a new connection shares with the others of its session; nil if there is no limit.
    ///
    /// If the limits have changed, it is a new rate; earlier connections continue to share the old one.
    package func enter(_ fingerprint: String, limits: NetLimits, now: UInt64) -> SessionRate? {
        guard let perSecond = limits.sessionMessagesPerSecond else { return nil }
        return state.withLock { state in
            var rate = state.connected[fingerprint]?.rate ?? state.left.removeValue(forKey: fingerprint)
            if let known = rate, known.perSecond != perSecond || known.burst != limits.sessionMessagesBurst {
                rate = nil
                state.connected[fingerprint] = nil
            }
            let shared = rate ?? SessionRate(perSecond: perSecond, burst: limits.sessionMessagesBurst, now: now)
            state.connected[fingerprint, default: Entry(rate: shared)].connections += 1
            return shared
        }
    }

    /// Removes a connection that had this rate.
    package func leave(_ fingerprint: String, _ rate: SessionRate, now: UInt64) {
        state.withLock { state in
            guard var entry = state.connected[fingerprint], entry.rate === rate else { return }
            entry.connections -= 1
            state.connected[fingerprint] = entry.connections > 0 ? entry : nil
            guard entry.connections == 0, !rate.isFull(now: now) else { return }
            if state.left.count >= leftMax { state.left = state.left.filter { !$0.value.isFull(now: now) } }
            if state.left.count >= leftMax {
                metrics.sessionsForgotten.increment(by: state.left.count)
                state.left = [:]
            }
            state.left[fingerprint] = rate
        }
    }
}
