internal import Glibc

/// A file lock (flock(2)); released with the last reference, or when the process ends in any way.
final class ClusterLock: Sendable {
    private let descriptor: Int32

    /// Opens the file and creates it if needed; takes no lock yet.
    ///
    /// - Parameter owner: the user to whom root gives the file, who can then open it too; nil for our own user.
    init(path: String, owner: ClusterOwner?) throws(ClusterError) {
        // O_CLOEXEC: a postmaster that outlives us must not keep our lock. O_NOFOLLOW: the directory belongs to the
        // owner, and root must not give the owner a file from elsewhere.
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

    /// Takes the exclusive lock if no other process holds the lock; releases a shared lock of ours meanwhile.
    func tryExclusive() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    /// Releases the lock.
    func release() { _ = flock(descriptor, LOCK_UN) }

    /// Takes a shared lock if no other process holds the exclusive one.
    func tryShared() -> Bool { flock(descriptor, LOCK_SH | LOCK_NB) == 0 }
}
