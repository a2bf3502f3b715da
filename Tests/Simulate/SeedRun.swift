internal import Foundation
internal import Simulator
internal import Synchronization

/// Seeds one after another, on as many threads as the machine has processors.
struct SeedRun {
    private struct State {
        var next: UInt64
        var done: UInt64 = 0
        var shown = 0
        var steps = 0
        var failure: Simulation.Report?
        var saidAt: ContinuousClock.Instant
    }

    let first: UInt64
    let count: UInt64
    /// Whether to go on after a failure, telling of each.
    let tellsAll: Bool

    /// Runs them all, with a line of progress now and then; returns the failure of the lowest seed among those run.
    func run() -> Simulation.Report? {
        let started = ContinuousClock.now
        let state = Mutex(State(next: first, saidAt: started))
        DispatchQueue.concurrentPerform(iterations: Self.threads) { _ in
            while let seed = take(state) {
                let report = Simulation.run(seed: seed)
                state.withLock { state in
                    state.done += 1
                    state.shown += report.shown
                    state.steps += report.steps
                    if let violation = report.violation {
                        if report.seed < state.failure?.seed ?? .max { state.failure = report }
                        if tellsAll { print("seed \(report.seed): \(violation)") }
                    }
                    guard ContinuousClock.now - state.saidAt > .seconds(5) else { return }
                    state.saidAt = .now
                    tell(state, since: started)
                }
            }
        }
        return state.withLock { state in
            tell(state, since: started)
            return state.failure
        }
    }

    private func take(_ state: borrowing Mutex<State>) -> UInt64? {
        state.withLock { state in
            guard state.failure == nil || tellsAll, state.next < first + count else { return nil }
            state.next += 1
            return state.next - 1
        }
    }

    private func tell(_ state: State, since started: ContinuousClock.Instant) {
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        print(
            "\(state.done) of \(count) seeds, \(state.shown) messages shown, \(state.steps) steps, "
                + "\(Int(seconds)) s, \(Int(Double(state.done) / seconds)) seeds/s")
    }

    private static var threads: Int { ProcessInfo.processInfo.activeProcessorCount }
}
