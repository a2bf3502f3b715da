internal import Foundation

/// What a process uses, as the kernel tells (proc(5)).
package struct ServerVitals: Sendable {
    /// Memory in use, in KiB.
    package let residentKiB: Int
    /// Processor time used so far, in seconds.
    package let processorSeconds: Double
    /// Open descriptors.
    package let descriptors: Int

    /// Of a process that runs.
    package init(pid: Int32) {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        residentKiB = Int(line.filter(\.isNumber)) ?? 0
        let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        // Behind the name, which may hold anything, comes the third field.
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        let ticks = fields.count > 13 ? (Int(fields[12]) ?? 0) + (Int(fields[13]) ?? 0) : 0
        processorSeconds = Double(ticks) / Double(sysconf(CInt(_SC_CLK_TCK)))
        descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count) ?? 0
    }
}
