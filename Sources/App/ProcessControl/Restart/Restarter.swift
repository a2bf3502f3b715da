package import Logging
package import NIOPosix
package import Net
internal import Rooms
internal import ServiceLifecycle
internal import Synchronization
internal import Telemetry
internal import UnixSignals

/// Handles SIGUSR2: starts a new process in the place of this one, which takes over the listening sockets.
package final class Restarter: Sendable {
    private let program: Program
    private let listeners: [String: Listener]
    private let group: MultiThreadedEventLoopGroup
    private let logger: Logger
    private let isUnderWay = Atomic(false)

    /// - Parameter listeners: by the name of their server in the configuration.
    package init(_ program: Program, listeners: [String: Listener], group: MultiThreadedEventLoopGroup, logger: Logger)
    {
        self.program = program
        self.listeners = listeners
        self.group = group
        self.logger = logger
    }

    /// Returns true when a new process accepts clients and this one must end, false when the server must stop.
    package func untilSucceeded() async -> Bool {
        let signals = await UnixSignalsSequence(trapping: .sigusr2)
        let requested = Signal()
        return await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Bool.self) { tasks in
                tasks.addTask {
                    for await _ in signals { self.request(requested) }
                    return false
                }
                tasks.addTask {
                    while await requested.wait() {
                        if await self.attempt() { return true }
                    }
                    return false
                }
                return await tasks.reduce(false) { hasSucceeded, result in
                    tasks.cancelAll()
                    return hasSucceeded || result
                }
            }
        }
    }

    private func request(_ requested: Signal) {
        guard !isUnderWay.exchange(true, ordering: .relaxed) else { return logger.log(.notice, .restartIgnored) }
        requested.set()
    }

    /// Starts a new process; returns true when it is ready and this one accepts no more clients, else changes nothing.
    private func attempt() async -> Bool {
        do throws(RestartFailure) {
            let successor = try await start()
            let pid = Logger.MetadataValue.stringConvertible(successor.pid)
            logger.log(.info, .restarting, ["pid": pid])
            try await successor.untilReady(on: group)
            for listener in listeners.values { await listener.close() }
            successor.release()
            logger.log(.info, .restarted, ["pid": pid])
            return true
        } catch {
            // First, because a reader of the log line may ask for a restart again.
            isUnderWay.store(false, ordering: .relaxed)
            logger.log(.error, .restartFailed, ["reason": "\(error)"])
            return false
        }
    }

    private func start() async throws(RestartFailure) -> Successor {
        var sockets: [(server: String, descriptor: Int32)] = []
        defer { for socket in sockets { close(socket.descriptor) } }
        for (server, listener) in listeners {
            do { sockets.append((server, try await listener.duplicate())) } catch { throw .notStarted("\(error)") }
        }
        return try Successor.start(program, sockets: sockets)
    }
}
