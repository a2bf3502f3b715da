internal import Glibc

/// The user who owns a cluster and runs it: PostgreSQL refuses to be run by root.
struct ClusterOwner: Sendable, Equatable {
    var name: String
    var userID: uid_t
    var groupID: gid_t

    /// Whom to run the cluster as: nil, for ourselves, unless we are root.
    ///
    /// - Parameter user: whom to become when we are root; `postgres`, which Debian's package makes, if nil.
    static func current(user: String?) throws(ClusterError) -> ClusterOwner? {
        guard geteuid() == 0 else { return nil }
        let name = user ?? "postgres"
        // Read once at start, before other threads ask for users: getpwnam(3) answers in static memory.
        guard let entry = unsafe getpwnam(name) else {
            throw .directory("the user \(name), who is to run the embedded PostgreSQL, does not exist")
        }
        let owner = unsafe ClusterOwner(name: name, userID: entry.pointee.pw_uid, groupID: entry.pointee.pw_gid)
        guard owner.userID != 0 else { throw .directory("PostgreSQL refuses to be run by root: name another user") }
        return owner
    }
}
