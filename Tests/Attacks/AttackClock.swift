internal import Glibc

/// Time for attacks, which pace themselves: they stand for other machines.
enum AttackClock {
    private static let start = ContinuousClock.now

    /// Seconds since some moment.
    static var now: Double { (ContinuousClock.now - start) / .seconds(1) }

    /// Waits, blocking the attack's own thread.
    static func pause(_ seconds: Double) { usleep(useconds_t(seconds * 1_000_000)) }
}
