internal import Glibc
package import Rooms

extension Timestamp {
    /// The wall clock of this machine; messages use the database's clock, log lines this one.
    package static func now() -> Timestamp {
        var time = timespec()
        // Cannot fail: the clock exists and the pointer is good.
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
