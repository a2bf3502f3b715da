internal import Glibc
internal import Rooms

extension Timestamp {
    /// The wall clock of this machine; messages use the database's clock, log lines this one.
    static func now() -> Timestamp {
        var time = timespec()
        // Cannot fail: the clock exists and the pointer is good.
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
