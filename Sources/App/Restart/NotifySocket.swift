internal import Foundation
internal import Glibc

/// Where the program that started this process (systemd, `Type=notify`) hears that it is ready, if it wants to.
enum NotifySocket {
    /// Tells it that this process is ready and is the main one, also after a restart.
    ///
    /// It is told by one datagram to the socket that `NOTIFY_SOCKET` names, a path or, after `@`, an abstract name. A
    /// manager that does not hear it complains itself.
    static func tellReady(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
        guard let name = environment["NOTIFY_SOCKET"] else { return }
        send("READY=1\nMAINPID=\(getpid())", to: name)
    }

    private static func send(_ text: String, to name: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var path = Array(name.utf8)
        if path.first == UInt8(ascii: "@") { path[0] = 0 }
        guard path.count > 1, path.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        // Without the byte after it: of an abstract name each byte counts.
        let size = socklen_t((MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 0) + path.count)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = sendto(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL), address, size)
            }
        }
    }
}
