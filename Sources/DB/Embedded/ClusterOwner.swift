internal import Glibc

/// The user that owns and runs a cluster: PostgreSQL refuses to run as root.
struct ClusterOwner: Sendable, Equatable {
    var name: String
    var userID: uid_t
    var groupID: gid_t

    /// The user to run the cluster as; nil, for our own user, unless we are root.
    ///
    /// - Parameter user: the user to become if we are root; if nil, `postgres`, which Debian's package creates.
    static func current(user: String?) throws(ClusterError) -> ClusterOwner? {
        guard geteuid() == 0 else { return nil }
        let name = user ?? "postgres"
        // Called once at the start, before other threads look up users: getpwnam(3) returns static memory.
        guard let entry = unsafe getpwnam(name) else {
            throw .directory("the user \(name), who is to run the embedded PostgreSQL, does not exist")
        }
        let owner = unsafe ClusterOwner(name: name, userID: entry.pointee.pw_uid, groupID: entry.pointee.pw_gid)
        guard owner.userID != 0 else { throw .directory("PostgreSQL refuses to be run by root: name another user") }
        return owner
    }
}
