package import Logging
internal import Synchronization

/// The least severe level that is logged, for all loggers of the process; may change while they are used.
package final class LiveLogLevel: Sendable {
    private let index: Atomic<Int>

    /// Starts with a level.
    init(_ level: Logger.Level) { index = Atomic(Self.index(of: level)) }

    /// From any isolation.
    package var level: Logger.Level {
        get { Logger.Level.allCases[index.load(ordering: .relaxed)] }
        set { index.store(Self.index(of: newValue), ordering: .relaxed) }
    }

    private static func index(of level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }
}
