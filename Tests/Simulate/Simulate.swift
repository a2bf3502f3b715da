internal import ArgumentParser
internal import Simulator

/// Runs seeds of the simulation until one of them fails.
@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs Roomcast's core in simulated worlds; exits with 1 if anything went wrong.")

    @Option(help: "How many seeds to run.")
    var seeds: UInt64 = 10_000

    @Option(help: "The first seed.")
    var first: UInt64 = 1

    @Option(help: "Run this seed alone and tell what happens.")
    var seed: UInt64?

    @Flag(help: "Go on after a failure, and tell of each.")
    var all = false

    func run() throws {
        if let seed {
            let report = Simulation.run(seed: seed) { print($0) }
            print(report)
            if report.violation != nil { throw ExitCode(1) }
        } else if let failure = SeedRun(first: first, count: seeds, tellsAll: all).run() {
            print("seed \(failure.seed): \(failure.violation ?? "")")
            print("replay: swift run -c release simulate --seed \(failure.seed)")
            throw ExitCode(1)
        }
    }
}
