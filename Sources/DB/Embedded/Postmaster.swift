internal import FoundationEssentials

/// The running server process of a cluster, whatever its parent; found by its pid file and its working directory.
struct Postmaster: Sendable, Equatable {
    /// Its process id.
    let pid: Int32

    /// Whether any process works in `data`: a postmaster, or processes that a killed one left and that will end soon.
    static func isAnyProcess(on data: String) -> Bool {
        let place = FilePlace.resolved(data)
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.contains { name in
            guard name.first?.isNumber == true else { return false }
            return (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(name)/cwd")) == place
        }
    }

    /// The postmaster that runs on `data` now; nil if there is none.
    ///
    /// The pid in `postmaster.pid` counts only if that process works in `data`, as a postmaster does: after a crash of
    /// the machine, the pid may belong to another process. A zombie has no working directory any more.
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
