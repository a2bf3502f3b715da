internal import Attacks
internal import TestKit

/// Many connections opened and ended in five ways, and what is left of them.
struct ChurnRun {
    let app: AppProcess
    let target: AttackTarget
    let connections: Int

    func run() async throws {
        let pid = await app.pid
        let connections = connections
        // The first thousand take what the server keeps: pools, buffers, code that was never run.
        _ = try await Attack.churn(1000, on: target) { _ in }
        let before = ServerVitals(pid: pid)
        print("before: \(words(before))")
        let start = ContinuousClock.now
        let outcomes = try await Attack.churn(connections, on: target) { done in
            guard done % 10_000 == 0 else { return }
            let vitals = ServerVitals(pid: pid)
            print("\(done) of \(connections): \(vitals.residentKiB) KiB, \(vitals.descriptors) descriptors")
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        // Sockets linger for a second at most.
        try await Task.sleep(for: .seconds(3))
        let after = ServerVitals(pid: pid)
        print("after:  \(words(after))")
        print("\(outcomes), in \(decimal(seconds)) s")
        print(
            "left: \(after.descriptors - before.descriptors) descriptors, "
                + "\(decimal(Double(after.residentKiB - before.residentKiB) / 1024)) MiB")
    }

    private func words(_ vitals: ServerVitals) -> String {
        "\(vitals.residentKiB) KiB, \(vitals.descriptors) descriptors, \(decimal(vitals.processorSeconds)) s of processor time"
    }
}
