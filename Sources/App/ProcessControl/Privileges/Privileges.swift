internal import CPrivileges
package import Exit
internal import FoundationEssentials
internal import Glibc
internal import SystemPackage

/// Drops the privileges of root, for all threads and permanently.
package enum Privileges {
    /// If this process is root, drops what a change of the user would leave: privileges by exec and capabilities.
    ///
    /// Call it while this is the only thread: these attributes belong to a thread and to the threads that it starts. If
    /// this failed, a server that must change its user does not run.
    package static func forswear() {
        if geteuid() == 0 { _ = roomcast_forswear_privileges() }
    }

    /// Changes to the account: real, effective and saved user and group, supplementary groups, and no capability.
    ///
    /// - Throws: an internal failure if any privilege is left or this cannot be checked; then the process must not run.
    package static func drop(to account: Account) throws(ExitFailure) {
        // glibc changes all threads. The groups come first, because that needs the privileges of root.
        guard unsafe setgroups(account.groups.count, account.groups) == 0,
            setresgid(account.groupID, account.groupID, account.groupID) == 0,
            setresuid(account.userID, account.userID, account.userID) == 0
        else { throw failure(account, "\(Errno(rawValue: errno))") }
        if let excess = excess(over: account) { throw failure(account, "still has \(excess)") }
    }

    /// The first privilege that this process has beyond the account; nil if there is none.
    private static func excess(over account: Account) -> String? {
        var (real, effective, saved) = (uid_t(), uid_t(), uid_t())
        guard unsafe getresuid(&real, &effective, &saved) == 0, Set([real, effective, saved]) == [account.userID] else {
            return "user ids \(real), \(effective), \(saved)"
        }
        var (realGroup, effectiveGroup, savedGroup) = (gid_t(), gid_t(), gid_t())
        guard unsafe getresgid(&realGroup, &effectiveGroup, &savedGroup) == 0,
            Set([realGroup, effectiveGroup, savedGroup]) == [account.groupID]
        else { return "group ids \(realGroup), \(effectiveGroup), \(savedGroup)" }
        guard setresuid(0, 0, 0) != 0, setresgid(0, 0, 0) != 0 else { return "the right to be root again" }
        return excessOfThreads(over: account)
    }

    private static func excessOfThreads(over account: Account) -> String? {
        let tasks = "/proc/self/task"
        guard let threads = try? FileManager.default.contentsOfDirectory(atPath: tasks), !threads.isEmpty else {
            return "threads that cannot be looked at: /proc is not there"
        }
        for thread in threads {
            let path = "\(tasks)/\(thread)/status"
            // A thread that has ended meanwhile has no privileges.
            guard let status = FileManager.default.contents(atPath: path) else {
                guard FileManager.default.fileExists(atPath: path) else { continue }
                return "a thread that cannot be looked at: \(path)"
            }
            let credentials = ThreadCredentials(status: String(decoding: status, as: UTF8.self))
            if let excess = credentials.excess(over: account) { return "\(excess) in thread \(thread)" }
        }
        return nil
    }

    private static func failure(_ account: Account, _ reason: String) -> ExitFailure {
        ExitFailure(.internalError, "user: cannot become \"\(account.name)\" alone: \(reason)")
    }
}
