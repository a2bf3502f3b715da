/// What became of an attacker's sockets: how many ended how.
package struct Outcomes: Sendable, CustomStringConvertible {
    private var counts: [String: Int] = [:]
    /// What else there is to say, such as how much was sent.
    package var remark = ""

    /// The different ends.
    package var kinds: Set<String> { Set(counts.keys) }

    /// For people: `1000 × close 4408`.
    package var description: String {
        let ends = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) × \($0.key)" }
        return (ends + (remark.isEmpty ? [] : [remark])).joined(separator: ", ")
    }

    /// Counts those of another round, too.
    package mutating func add(_ other: Outcomes) {
        counts.merge(other.counts) { $0 + $1 }
        remark = other.remark
    }

    mutating func add(_ kind: String, _ count: Int = 1) { counts[kind, default: 0] += count }

    /// Counts how each socket ends, all within one deadline, and lets go of them.
    mutating func add(_ sockets: [AttackSocket], within seconds: Double = 15, answersPings: Bool = true) {
        let deadline = AttackClock.now + seconds
        for socket in sockets {
            add(socket.outcome(within: max(0.05, deadline - AttackClock.now), answersPings: answersPings))
            socket.close()
        }
    }
}
