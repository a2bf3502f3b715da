internal import Foundation
internal import Glibc
internal import Synchronization

/// The process that started this one in its place and goes when this one is ready: its listening sockets, and how to
/// tell it. Without one, there is nothing to take and nobody to tell.
final class Predecessor: Sendable {
    /// For how long it may accept clients after it was told that this process is ready, in milliseconds.
    ///
    /// If it hangs, both accept: better than nobody.
    static let reliefMillisecondsMax: Int32 = 10_000

    private let handover: Mutex<Handover?>

    /// Nobody has started this process in its own place.
    static var none: Predecessor { Predecessor(nil) }

    private init(_ handover: Handover?) { self.handover = Mutex(handover) }

    /// What the environment tells. Once, at the start of the process: the variable is removed, and what it names is
    /// passed on to no other program.
    static func fromEnvironment() -> Predecessor {
        let text = ProcessInfo.processInfo.environment[Handover.variable]
        unsetenv(Handover.variable)
        guard let handover = text.flatMap({ Handover($0) }) else { return none }
        for descriptor in handover.listeners.values + [handover.ready] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return Predecessor(handover)
    }

    /// Takes the listening socket of a server, by the server's name in the configuration; the caller owns it.
    func takeListener(_ server: String) -> Int32? { handover.withLock { $0?.listeners.removeValue(forKey: server) } }

    /// Closes what nobody has taken.
    func closeRest() {
        let rest = handover.withLock { handover in
            defer { handover?.listeners = [:] }
            return handover?.listeners ?? [:]
        }
        for descriptor in rest.values { close(descriptor) }
    }

    /// Tells it that this process is ready, and returns when it accepts no more clients, or has gone anyhow.
    func relieve() async {
        guard let ready = handover.withLock({ $0.take()?.ready }) else { return }
        await withCheckedContinuation { continuation in
            // Waiting blocks.
            DispatchQueue.global().async {
                var word = UInt8(ascii: "r")
                _ = write(ready, &word, 1)
                var end = pollfd(fd: ready, events: Int16(POLLIN), revents: 0)
                poll(&end, 1, Self.reliefMillisecondsMax)
                close(ready)
                continuation.resume()
            }
        }
    }
}
