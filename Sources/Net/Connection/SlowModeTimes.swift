internal import CoreMetrics
package import Rooms
internal import Synchronization

/// When each person may send the next message in a room with slow mode. For this process; from any isolation.
package final class SlowModeTimes: Sendable {
    private struct Writer: Hashable {
        let room: RoomID
        let identity: Identity
    }

    private let next = Mutex<[Writer: UInt64]>([:])
    private let countMax: Int
    private let metrics: NetMetrics

    /// Nobody has written.
    package init(limits: NetLimits, metrics: NetMetrics) {
        countMax = limits.slowModeTimesMax
        self.metrics = metrics
    }

    /// Takes a message; returns nil if it is allowed, else the milliseconds until the next one is.
    ///
    /// - Parameter now: nanoseconds of a monotonic clock.
    package func take(_ identity: Identity, in room: RoomID, seconds: Int32, now: UInt64) -> Int64? {
        let writer = Writer(room: room, identity: identity)
        let pause = UInt64(max(0, seconds)) * 1_000_000_000
        return next.withLock { next in
            // A pause that was made shorter meanwhile counts at once.
            if let allowed = next[writer], allowed > now, allowed - now <= pause {
                return Int64((allowed - now + 999_999) / 1_000_000)
            }
            if next.count >= countMax { next = next.filter { $0.value > now } }
            if next.count >= countMax {
                metrics.slowModeForgotten.increment(by: next.count)
                next = [:]
            }
            next[writer] = now + pause
            return nil
        }
    }
}
