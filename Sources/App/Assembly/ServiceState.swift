internal import Net
internal import Synchronization

/// What the health endpoint tells; set by the service, read on any event loop.
final class ServiceState: Sendable {
    private struct Flags {
        var isAvailable = true
        var isDraining = false
    }

    private let flags = Mutex(Flags())

    /// What clients should know now.
    var readiness: OpsRoutes.Readiness {
        flags.withLock { $0.isDraining ? .notReady("draining") : $0.isAvailable ? .ready : .notReady("database") }
    }

    /// Notes whether the database is there; true if that is news.
    func setAvailable(_ isAvailable: Bool) -> Bool {
        flags.withLock { flags in
            defer { flags.isAvailable = isAvailable }
            return flags.isAvailable != isAvailable
        }
    }

    func startDraining() { flags.withLock { $0.isDraining = true } }
}
