internal import Glibc

/// A lock on a file (flock(2)), given back when the last reference goes or the process dies, however it dies.
final class ClusterLock: Sendable {
    private let descriptor: Int32

    /// Opens the file, making it if needed; takes no lock yet.
    ///
    /// - Parameter owner: to whom root gives the file, so that he can open it too; nil for ourselves.
    init(path: String, owner: ClusterOwner?) throws(ClusterError) {
        // Not inherited: a postmaster that outlives us must not keep our lock. No link: the directory is the owner's,
        // and root must not give him what lies elsewhere.
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .directory("the lock file \(path) cannot be opened: \(FilePlace.reason())") }
        var facts = stat()
        guard let owner, geteuid() == 0, unsafe fstat(descriptor, &facts) == 0, facts.st_uid != owner.userID else {
            return
        }
        guard facts.st_mode & S_IFMT == S_IFREG, facts.st_nlink == 1,
            fchown(descriptor, owner.userID, owner.groupID) == 0
        else { throw .directory("the lock file \(path) cannot be given to \(owner.name)") }
    }

    deinit { Glibc.close(descriptor) }

    /// Takes the lock for this process alone, if nobody has it; gives up a shared one meanwhile.
    func tryExclusive() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    /// Gives the lock back.
    func release() { _ = flock(descriptor, LOCK_UN) }

    /// Takes the lock together with others, if nobody has it alone.
    func tryShared() -> Bool { flock(descriptor, LOCK_SH | LOCK_NB) == 0 }
}
