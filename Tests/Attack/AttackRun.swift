internal import Attacks
internal import TestKit

/// One attack, what it did to bystanders, and one line of the table.
struct AttackRun {
    let app: AppProcess
    let target: AttackTarget

    /// Attacks; true if attackers and bystanders ended as they should.
    func run(_ attack: Attack) async throws -> Bool {
        var bystanders: [Bystander] = []
        for number in 1...3 { bystanders.append(try await Bystander(target.port, key: "b\(number)")) }
        let watched = bystanders
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for bystander in watched { group.addTask { try await bystander.chat(every: .milliseconds(60)) } }
            let isRight = try await run(attack, beside: watched)
            for bystander in watched { bystander.stop() }
            try await group.waitForAll()
            return isRight
        }
    }

    private func run(_ attack: Attack, beside bystanders: [Bystander]) async throws -> Bool {
        let pid = await app.pid
        try await Task.sleep(for: .seconds(3))
        let (before, start) = (ServerVitals(pid: pid), ContinuousClock.now)
        let watch = Task { await peak(of: pid) }
        // A short one again and again, so that enough messages are said meanwhile to tell a p99.
        var outcomes = try await attack.run(on: target)
        var rounds = 1
        while ContinuousClock.now < start + .seconds(Self.secondsMin) {
            outcomes.add(try await attack.run(on: target))
            rounds += 1
        }
        let end = ContinuousClock.now
        watch.cancel()
        // What is late was due before the end.
        try await Task.sleep(for: .seconds(3))
        let quiet = ServerVitals(pid: pid)
        try await Task.sleep(for: .seconds(2))
        let after = ServerVitals(pid: pid)
        let calm = bystanders.flatMap { $0.delays(from: start - .seconds(3), to: start) }
        let hurt = bystanders.flatMap { $0.delays(from: start, to: end) }
        let isRight = outcomes.kinds.isSubset(of: attack.expected)
        print(
            """
            | \(attack.name) | \(decimal((end - start) / .seconds(1))) s \
            | \(decimal(percentile(calm, 0.99))) / \(decimal(percentile(hurt, 0.99))) ms (\(hurt.count)) \
            | \(decimal(percentile(hurt, 1))) ms \
            | \(decimal(Double(await watch.value - before.residentKiB) / 1024)) MiB \
            | \(decimal(Double(after.residentKiB - before.residentKiB) / 1024)) MiB \
            | \(Int((after.processorSeconds - quiet.processorSeconds) / 2 * 100)) % \
            | \(after.descriptors - before.descriptors) \
            | \(rounds == 1 ? "" : "\(rounds) rounds: ")\(outcomes)\(isRight ? "" : " UNEXPECTED") |
            """)
        return isRight
    }

    /// The most memory seen until cancelled, in KiB.
    private func peak(of pid: Int32) async -> Int {
        var peak = 0
        while !Task.isCancelled {
            peak = max(peak, ServerVitals(pid: pid).residentKiB)
            // Cut short at the end.
            try? await Task.sleep(for: .milliseconds(20))
        }
        return peak
    }

    private static let secondsMin = 6

    static let heading = """
        | attack | time | bystander's p99 before / during (messages) | slowest | memory at most | memory after | processor after | descriptors | ends |
        |---|---|---|---|---|---|---|---|---|
        """
}

/// The value below which the fraction of all lies; the largest for 1.
func percentile(_ values: [Double], _ fraction: Double) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    return sorted[min(sorted.count - 1, Int(Double(sorted.count) * fraction))]
}

/// A number with one decimal.
func decimal(_ value: Double) -> String {
    guard value.isFinite else { return "-" }
    let tenths = Int((abs(value) * 10).rounded())
    return "\(value < 0 && tenths > 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
}
