/// One run of the core against a world drawn from a seed.
///
/// Rooms, writer, doorbell and catch-up are the real ones; clock, scheduling, database, bus, network and clients are
/// simulated. Everything runs on the calling thread, which must not belong to a Swift task.
package struct Simulation: Sendable {
    /// The result of a run.
    package struct Report: Sendable, Equatable {
        /// The seed that made the world.
        package var seed: UInt64
        /// The first violation; nil if there was none.
        package var violation: String?
        /// The number of messages that clients received.
        package var shown: Int
        /// The number of steps.
        package var steps: Int
        /// A hash of the order of all steps: the same for the same seed.
        package var hash: UInt64
        /// The duration in virtual microseconds.
        package var virtualMicroseconds: Int64
    }

    private static let stepsMax = 3_000_000

    /// Runs the simulation of a seed.
    ///
    /// - Parameter narrate: receives each event as one line.
    package static func run(seed: UInt64, narrate: (@Sendable (String) -> Void)? = nil) -> Report {
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
        // Frees the memory of the run: everything is cancelled, so the run ends.
        _ = scheduler.run(on: pools, stepsMax: .max)
        (result.violation, result.shown) = report.value
        return result
    }
}
