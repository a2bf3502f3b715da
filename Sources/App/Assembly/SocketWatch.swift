internal import Logging
internal import Net
internal import Telemetry

/// Logs when a server has reached its maximum number of sockets, and when the system has no descriptors left.
struct SocketWatch {
    /// By the name of the server.
    let listeners: [String: Listener]
    let logger: Logger

    /// Checks once a second, until cancelled.
    func run() async {
        var pauses: [String: Int] = [:]
        var failures: [String: Int] = [:]
        var full: Set<String> = []
        // Cancellation ends the pause, and the loop with it.
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            for (server, listener) in listeners {
                let state = listener.sockets.state
                let metadata: Logger.Metadata = [
                    "server": .string(server), "sockets": .stringConvertible(state.open),
                ]
                let hasPaused = state.pauses > pauses.updateValue(state.pauses, forKey: server) ?? 0
                if hasPaused, full.insert(server).inserted {
                    logger.log(.warning, .socketsFull, metadata)
                } else if let max = listener.sockets.max, state.open <= max * 9 / 10, full.remove(server) != nil {
                    logger.log(.info, .socketsFree, metadata)
                }
                // One line for each doubling: the failures may go on for hours.
                if state.failures > 0, state.failures >= 2 * failures[server, default: 0] {
                    failures[server] = state.failures
                    logger.log(
                        .warning, .acceptFailed, ["server": .string(server), "reason": .string(state.reason)])
                }
            }
        }
    }
}
