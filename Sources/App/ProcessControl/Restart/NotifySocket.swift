internal import FoundationEssentials
internal import Glibc

/// Reports to the program that started this process (systemd, `Type=notify`) that it is ready, if requested.
package enum NotifySocket {
    /// Reports that this process is ready and is the main one, also after a restart.
    ///
    /// Sends one datagram to the socket that `NOTIFY_SOCKET` names: a path or, after `@`, an abstract name. If the
    /// datagram does not arrive, the manager reports that itself.
    package static func tellReady(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
        guard let name = environment["NOTIFY_SOCKET"] else { return }
        send("READY=1\nMAINPID=\(getpid())", to: name)
    }

    private static func send(_ text: String, to name: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var path = Array(name.utf8)
        if path.first == UInt8(ascii: "@") { path[0] = 0 }
        guard path.count > 1, path.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path) }
        // Without the zero byte after it: in an abstract name, each byte counts.
        let size = socklen_t((MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 0) + path.count)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = unsafe sendto(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL), address, size)
            }
        }
    }
}
