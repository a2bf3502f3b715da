internal import Glibc

/// A lock on a file (flock(2)), given back when the last reference goes or the process dies, however it dies.
final class ClusterLock: Sendable {
    private let descriptor: Int32

    /// Opens the file, making it if needed; takes no lock yet.
    init(path: String) throws(ClusterError) {
        // Not inherited: a postmaster that outlives us must not keep our lock.
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .directory("the lock file \(path) cannot be opened") }
    }

    deinit { Glibc.close(descriptor) }

    /// Takes the lock for this process alone, if nobody has it; gives up a shared one meanwhile.
    func tryExclusive() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    /// Gives the lock back.
    func release() { _ = flock(descriptor, LOCK_UN) }

    /// Takes the lock together with others, if nobody has it alone.
    func tryShared() -> Bool { flock(descriptor, LOCK_SH | LOCK_NB) == 0 }
}
