internal import Foundation

/// Runs blocking code on a thread of its own that gives way to all others: it stands for other machines, whose
/// processors do not belong to the server.
func onAttackThread<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            setpriority(CInt(PRIO_PROCESS.rawValue), 0, 19)
            continuation.resume(with: Swift.Result { try body() })
        }
    }
}
