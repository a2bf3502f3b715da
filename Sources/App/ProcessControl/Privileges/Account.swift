package import Exit
package import Glibc

/// The account of the server after it has bound its ports: `user` and `group` of the configuration, as numbers.
package struct Account: Sendable, Equatable {
    /// The user's name.
    package var name: String
    package var userID: uid_t
    package var groupID: gid_t
    /// The supplementary groups, ascending, `groupID` among them.
    var groups: [gid_t]

    /// The account that a server changes to; nil if it keeps the current one.
    ///
    /// - Parameter effective: the user of this process; only root (0) can become another user.
    /// - Throws: a configuration failure if the user or the group is unknown, or if this process cannot change to it.
    package static func wanted(
        user: String?, group: String?, effective: uid_t = geteuid(), effectiveGroup: gid_t = getegid()
    ) throws(ExitFailure) -> Account? {
        guard let user else { return nil }
        guard let entry = passwordEntry(user) else {
            throw ExitFailure(.configuration, "user: there is no user \"\(user)\" on this machine")
        }
        var groupID = entry.group
        if let group {
            guard let number = self.group(named: group) else {
                throw ExitFailure(.configuration, "group: there is no group \"\(group)\" on this machine")
            }
            groupID = number
        }
        if effective == 0 {
            guard entry.user != 0 else {
                throw ExitFailure(.configuration, "user: \"\(user)\" is root; name another user, or none")
            }
            return Account(
                name: user, userID: entry.user, groupID: groupID, groups: groups(of: user, with: groupID))
        }
        // After a restart, this process already runs as the account that its predecessor changed to.
        guard entry.user == effective else {
            throw ExitFailure(
                .configuration, "user: only a server that is started as root can become \"\(user)\"; leave it out")
        }
        guard group == nil || groupID == effectiveGroup else {
            throw ExitFailure(.configuration, "group: only a server that is started as root can change its group")
        }
        return nil
    }

    private static func passwordEntry(_ name: String) -> (user: uid_t, group: gid_t)? {
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: bufferBytes)
        let failed = unsafe getpwnam_r(name, &entry, &buffer, buffer.count, &found)
        return unsafe failed == 0 && found != nil ? (entry.pw_uid, entry.pw_gid) : nil
    }

    private static func group(named name: String) -> gid_t? {
        var entry = unsafe Glibc.group()
        var found: UnsafeMutablePointer<Glibc.group>?
        var buffer = [CChar](repeating: 0, count: bufferBytes)
        let failed = unsafe getgrnam_r(name, &entry, &buffer, buffer.count, &found)
        return unsafe failed == 0 && found != nil ? entry.gr_gid : nil
    }

    private static func groups(of user: String, with group: gid_t) -> [gid_t] {
        var count = groupsMax
        var groups = [gid_t](repeating: 0, count: Int(groupsMax))
        // There cannot be more than the kernel allows; if there were, the first ones count.
        _ = unsafe getgrouplist(user, group, &groups, &count)
        return Set(groups.prefix(Int(min(count, groupsMax)))).sorted()
    }

    /// For one entry of the user or group database, with the names of a group's members.
    private static let bufferBytes = 1 << 18
    /// NGROUPS_MAX of Linux.
    private static let groupsMax: Int32 = 65_536
}
