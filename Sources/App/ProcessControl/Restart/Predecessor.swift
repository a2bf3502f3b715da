internal import Dispatch
internal import FoundationEssentials
internal import Glibc
internal import Synchronization

/// The process that started this one in its place and stops when this one is ready: its listening sockets, and how to
/// notify it. Without a predecessor, there are no sockets to take and no process to notify.
package final class Predecessor: Sendable {
    /// How long it may accept clients after it was notified that this process is ready, in milliseconds.
    ///
    /// If it hangs, both processes accept clients, which is better than none.
    static let stopMillisecondsMax: Int32 = 10_000

    private let handover: Mutex<Handover?>

    /// No other process has started this one in its place.
    static var none: Predecessor { Predecessor(nil) }

    private init(_ handover: Handover?) { self.handover = Mutex(handover) }

    /// Reads the predecessor from the environment. Call it once, at the start of the process: it removes the variable,
    /// and no other program inherits the descriptors.
    package static func fromEnvironment() -> Predecessor {
        let text = ProcessInfo.processInfo.environment[Handover.variable]
        unsafe unsetenv(Handover.variable)
        guard let handover = text.flatMap({ Handover($0) }) else { return none }
        for descriptor in handover.listeners.values + [handover.ready] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return Predecessor(handover)
    }

    /// Takes the listening socket of a server, by the server's name in the configuration; the caller owns it.
    package func takeListener(_ server: String) -> Int32? {
        handover.withLock { $0?.listeners.removeValue(forKey: server) }
    }

    /// Closes the sockets that were not taken.
    package func closeRest() {
        let rest = handover.withLock { handover in
            defer { handover?.listeners = [:] }
            return handover?.listeners ?? [:]
        }
        for descriptor in rest.values { close(descriptor) }
    }

    /// Notifies it that this process is ready; returns when it accepts no more clients or has ended.
    package func notifyReady() async {
        guard let ready = handover.withLock({ $0.take()?.ready }) else { return }
        await withCheckedContinuation { continuation in
            // The wait blocks its thread.
            DispatchQueue.global().async {
                var readiness = UInt8(ascii: "r")
                _ = unsafe write(ready, &readiness, 1)
                var end = pollfd(fd: ready, events: Int16(POLLIN), revents: 0)
                unsafe poll(&end, 1, Self.stopMillisecondsMax)
                close(ready)
                continuation.resume()
            }
        }
    }
}
