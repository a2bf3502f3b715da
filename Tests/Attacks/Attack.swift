/// One way to hurt a server, and how it must end for the attacker.
public struct Attack: Sendable, CustomStringConvertible {
    /// A short name.
    public let name: String
    /// The ends that are right.
    public let expected: Set<String>
    private let body: @Sendable (AttackTarget) throws -> Outcomes

    init(_ name: String, expect: Set<String>, _ body: @escaping @Sendable (AttackTarget) throws -> Outcomes) {
        (self.name, expected, self.body) = (name, expect, body)
    }

    /// The name.
    public var description: String { name }

    /// All of them, in the order of a connection's life.
    public static let all = handshakes + frames + commands + connections

    /// Attacks, from a thread of its own that gives way to all others.
    ///
    /// - Throws: what kept it from attacking, in words.
    public func run(on target: AttackTarget) async throws -> Outcomes {
        try await onAttackThread { [body] in try body(target) }
    }
}
