/// One way to hurt a server, and how it must end for the attacker.
package struct Attack: Sendable, CustomStringConvertible {
    /// A short name.
    package let name: String
    /// The ends that are right.
    package let expected: Set<String>
    private let body: @Sendable (AttackTarget) throws -> Outcomes

    init(_ name: String, expect: Set<String>, _ body: @escaping @Sendable (AttackTarget) throws -> Outcomes) {
        (self.name, expected, self.body) = (name, expect, body)
    }

    /// The name.
    package var description: String { name }

    /// All of them, in the order of a connection's life.
    package static let all = handshakes + frames + commands + connections

    /// Attacks, from a thread of its own that gives way to all others.
    ///
    /// - Throws: what kept it from attacking, in words.
    package func run(on target: AttackTarget) async throws -> Outcomes {
        try await onAttackThread { [body] in try body(target) }
    }
}
