internal import Glibc

/// What the file system says of a path, and what we make there.
enum FilePlace {
    /// The path without symbolic links, as the kernel tells it; the path itself if it is not there.
    static func resolved(_ path: String) -> String {
        guard let found = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(found) }
        return unsafe String(cString: found)
    }

    /// The path from the root.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let here = unsafe getcwd(nil, 0) else { return path }
        defer { unsafe free(here) }
        return unsafe String(cString: here) + "/" + path
    }

    /// Makes a directory, with its parents, that is `owner`'s alone.
    ///
    /// - Throws: `ClusterError.directory` when it cannot be made, or is there and belongs to somebody else.
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

    /// What errno(3) says.
    static func reason() -> String {
        guard let words = unsafe strerror(errno) else { return "error \(errno)" }
        return unsafe String(cString: words)
    }
}
