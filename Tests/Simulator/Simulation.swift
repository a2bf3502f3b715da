/// One run of the core against a world drawn from a seed.
///
/// Rooms, writer, doorbell and catch-up are the real ones; clock, scheduling, database, bus, network and clients are
/// simulated. Everything runs on the calling thread, which must not be one of a Swift task.
public struct Simulation: Sendable {
    /// What a run came to.
    public struct Report: Sendable, Equatable {
        /// The seed that made the world.
        public var seed: UInt64
        /// What happened that must not; nil when all was well.
        public var violation: String?
        /// Messages that clients were shown.
        public var shown: Int
        /// Steps that were taken.
        public var steps: Int
        /// Names the order of all steps: the same for the same seed.
        public var hash: UInt64
        /// How long it took in virtual microseconds.
        public var virtualMicroseconds: Int64
    }

    private static let stepsMax = 3_000_000

    /// Runs the simulation of a seed.
    ///
    /// - Parameter narrate: is told what happens, a line each.
    public static func run(seed: UInt64, narrate: (@Sendable (String) -> Void)? = nil) -> Report {
        var chances = Chances(seed: seed)
        let profile = Profile(&chances)
        let scheduler = Scheduler(seed: chances.next(), stepMicrosecondsMax: profile.stepMicrosecondsMax)
        let pools = Pools()
        let world = World(scheduler, pools: pools, chances: chances, profile: profile, narrate: narrate)
        world.post { $0.begin() }
        let ending = scheduler.run(on: pools, stepsMax: stepsMax)
        let report = Outcome()
        world.post { world in
            if ending == .endless { world.fail("no end after \(stepsMax) steps") }
            report.set(violation: world.violation, shown: world.shownCount)
            world.end()
        }
        var result = Report(
            seed: seed, violation: nil, shown: 0, steps: scheduler.steps, hash: scheduler.hash,
            virtualMicroseconds: scheduler.nowMicroseconds)
        // Frees what the run has made: everything is cancelled, so it comes to an end.
        _ = scheduler.run(on: pools, stepsMax: .max)
        (result.violation, result.shown) = report.value
        return result
    }
}
