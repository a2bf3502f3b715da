internal import Foundation
internal import Simulator
internal import Testing

/// The core in simulated worlds; see `docs/simulation.md`.
@Suite struct SimulationTests {
    /// `SEED=n` runs that seed alone and tells its story.
    private static let wanted = ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) }
    /// `SEEDS=n` runs so many. Nothing is optimised here: `scripts/test` runs ten thousand in an optimised build.
    private static let count = ProcessInfo.processInfo.environment["SEEDS"].flatMap { UInt64($0) } ?? 300

    @Test(.enabled(if: wanted == nil), arguments: 0..<2)
    func nothingGoesWrong(inHalf half: UInt64) async {
        for seed in (half * Self.count / 2)..<((half + 1) * Self.count / 2) {
            let report = await Self.run(seed + 1)
            guard report.violation == nil else {
                Issue.record("\(report.violation ?? ""); replay with SEED=\(report.seed)")
                return
            }
        }
    }

    @Test(.enabled(if: wanted != nil)) func tellsTheStoryOfTheWantedSeed() async throws {
        let report = await Self.run(try #require(Self.wanted)) { print($0) }
        #expect(report.violation == nil)
    }

    @Test(arguments: [1, 2, 3, 5, 8, 13, 21, 34] as [UInt64])
    func aSeedIsTheSameStoryTwice(seed: UInt64) async {
        let (first, second) = (Story(), Story())
        let firstReport = await Self.run(seed) { first.add($0) }
        let secondReport = await Self.run(seed) { second.add($0) }
        #expect(firstReport == secondReport)
        #expect(first.lines == second.lines)
        #expect(first.lines.count > 10)
    }

    @Test func anotherSeedIsAnotherStory() async {
        let (first, second) = await (Self.run(1), Self.run(2))
        #expect(first.hash != second.hash)
    }

    /// A simulation runs tasks of its own, which is impossible within one: hence a thread of its own.
    private static func run(
        _ seed: UInt64, narrate: (@Sendable (String) -> Void)? = nil
    ) async -> Simulation.Report {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: Simulation.run(seed: seed, narrate: narrate))
            }
        }
    }
}
