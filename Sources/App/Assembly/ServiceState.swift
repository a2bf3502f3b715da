internal import Net
internal import Synchronization

/// The state that the health endpoint reports; set by the service, read on any event loop.
final class ServiceState: Sendable {
    private struct Flags {
        var isAvailable = true
        var isDraining = false
    }

    private let flags = Mutex(Flags())

    /// The readiness to report now.
    var readiness: OpsRoutes.Readiness {
        flags.withLock { $0.isDraining ? .notReady("draining") : $0.isAvailable ? .ready : .notReady("database") }
    }

    /// Stores whether the database is available; returns true if that has changed.
    func setAvailable(_ isAvailable: Bool) -> Bool {
        flags.withLock { flags in
            defer { flags.isAvailable = isAvailable }
            return flags.isAvailable != isAvailable
        }
    }

    func startDraining() { flags.withLock { $0.isDraining = true } }
}
