internal import FoundationEssentials

/// The running server process of a cluster, child of whoever: found by its pid file and its working directory.
struct Postmaster: Sendable, Equatable {
    /// Its process id.
    let pid: Int32

    /// The postmaster that runs on `data` now; nil when none does.
    ///
    /// The pid in `postmaster.pid` counts only if that process works in `data`, as a postmaster does: after a crash of
    /// the machine the number may be another process's. A zombie has no working directory any more.
    static func running(on data: String) -> Postmaster? {
        guard let contents = FileManager.default.contents(atPath: "\(data)/postmaster.pid"),
            let line = String(decoding: contents, as: UTF8.self).split(separator: "\n").first,
            let pid = Int32(line.trimmingPrefix(" ")), pid > 0,
            let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd"),
            place == FilePlace.resolved(data)
        else { return nil }
        return Postmaster(pid: pid)
    }
}
