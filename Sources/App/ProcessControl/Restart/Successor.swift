internal import Dispatch
internal import FoundationEssentials
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import SystemPackage

/// The process that is started in the place of this one.
///
/// The two processes use a pair of sockets: the new one writes a byte when it is ready, and accepts its first client
/// when the old one has closed its end. If both accepted from one queue, one could take the other's client between poll
/// and accept. The kernel holds the queue, so clients only wait meanwhile.
struct Successor: Sendable {
    /// The time from its start until it must be ready.
    static let readyLimit = Duration.seconds(60)
    /// The time from the moment it gives up, by closing its end, until it must have ended.
    static let endLimit = Duration.seconds(2)

    let pid: pid_t
    /// The socket on which it reports that it is ready; open until it may accept clients.
    private let line: Int32

    /// Starts the program, in a session of its own and with the sockets.
    ///
    /// - Parameter sockets: descriptors by the name of their server; the caller still owns them.
    static func start(_ program: Program, sockets: [(server: String, descriptor: Int32)]) throws(RestartFailure)
        -> Successor
    {
        var ends: [Int32] = [-1, -1]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw .notStarted("\(Errno(rawValue: errno))")
        }
        let (ours, its) = (ends[0], ends[1])
        defer { close(its) }
        let handover = Handover.numbering(sockets.map(\.server))
        var environment = ProcessInfo.processInfo.environment
        environment[Handover.variable] = handover.text
        do throws(RestartFailure) {
            let pid = try ProcessStart.start(
                program, environment: environment, descriptors: [its] + sockets.map(\.descriptor))
            return Successor(pid: pid, line: ours)
        } catch {
            close(ours)
            throw error
        }
    }

    /// Lets it accept clients. This must be the last call.
    func release() { close(line) }

    /// Returns when it is ready; throws after it has ended or was killed. Call it once.
    func untilReady(on group: MultiThreadedEventLoopGroup) async throws(RestartFailure) {
        let limit = Self.readyLimit
        let isReady = await withTaskGroup(of: Bool?.self) { tasks in
            // A read error counts as a closed socket.
            tasks.addTask { (try? await hearsReady(on: group)) ?? false }
            tasks.addTask {
                try? await Task.sleep(for: limit)  // cancelled when it is ready, or the server is to stop
                return nil
            }
            defer { tasks.cancelAll() }
            return await tasks.next() ?? nil
        }
        if isReady == true { return }
        let isStopping = Task.isCancelled
        let how = await end(within: isReady == nil || isStopping ? .zero : Self.endLimit)
        release()
        throw isStopping ? .stopping : isReady == nil ? .tooSlow : .ended(how)
    }

    /// Returns true when it reports that it is ready, false if it has closed its end or the task is cancelled.
    private func hearsReady(on group: MultiThreadedEventLoopGroup) async throws -> Bool {
        let copy = fcntl(line, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return false }
        let channel = try await NIOPipeBootstrap(group: group).takingOwnershipOfDescriptor(input: copy) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, Never>(wrappingChannelSynchronously: channel)
            }
        }
        return try await channel.executeThenClose { words in
            for try await word in words where word.readableBytes > 0 { return true }
            return false
        }
    }

    /// Waits until it ends, kills it if that takes too long, and returns how it ended.
    private func end(within limit: Duration) async -> String {
        let pid = pid
        return await withCheckedContinuation { continuation in
            // Waiting for a process blocks.
            DispatchQueue.global().async { continuation.resume(returning: Self.reap(pid, within: limit)) }
        }
    }

    private static func reap(_ pid: pid_t, within limit: Duration) -> String {
        let deadline = ContinuousClock.now + limit
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, WNOHANG) == 0 {
            if ContinuousClock.now >= deadline {
                kill(pid, SIGKILL)
                unsafe waitpid(pid, &status, 0)
                break
            }
            usleep(10_000)
        }
        // As the macros WIFEXITED, WEXITSTATUS and WTERMSIG do.
        return status & 0x7F == 0 ? "exit code \(status >> 8 & 0xFF)" : "signal \(status & 0x7F)"
    }
}
