internal import Glibc
internal import SystemPackage

/// Looks up paths in the file system, and creates directories.
enum FilePlace {
    /// The path with symbolic links resolved by realpath(3); the path itself if it does not exist.
    static func resolved(_ path: String) -> String {
        guard let found = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(found) }
        return unsafe String(cString: found)
    }

    /// The absolute path.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let here = unsafe getcwd(nil, 0) else { return path }
        defer { unsafe free(here) }
        return unsafe String(cString: here) + "/" + path
    }

    /// Creates a directory, with its parents, that only `owner` may use.
    ///
    /// - Throws: `ClusterError.directory` if it cannot be created, or if it exists and belongs to another user.
    static func makePrivateDirectory(_ path: String, owner: ClusterOwner?) throws(ClusterError) {
        try makeParents(of: path)
        let isNew = unsafe mkdir(path, 0o700) == 0
        guard isNew || errno == EEXIST else { throw .directory("\(path) cannot be made: \(reason())") }
        if isNew, let owner, unsafe chown(path, owner.userID, owner.groupID) != 0 {
            throw .directory("\(path) cannot be given to \(owner.name): \(reason())")
        }
        var facts = stat()
        guard unsafe lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR else {
            throw .directory("\(path) is not a directory")
        }
        guard facts.st_uid == owner?.userID ?? geteuid() else {
            throw .directory("\(path) belongs to another user than \(owner?.name ?? "the server's")")
        }
        guard unsafe chmod(path, 0o700) == 0 else { throw .directory("\(path) cannot be made private: \(reason())") }
    }

    private static func makeParents(of path: String) throws(ClusterError) {
        var parent = ""
        for part in path.split(separator: "/").dropLast() {
            parent += "/" + part
            guard unsafe mkdir(parent, 0o755) == 0 || errno == EEXIST else {
                throw .directory("\(parent) cannot be made: \(reason())")
            }
        }
    }

    /// The text for errno(3).
    static func reason() -> String { Errno(rawValue: errno).description }
}
