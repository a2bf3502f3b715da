internal import Glibc

/// A TCP port of this machine that accepts connections and then sends nothing.
package final class SilentListener {
    /// The port could not be opened.
    package struct Failure: Error {}

    /// The port on 127.0.0.1.
    package let port: UInt16
    private let descriptor: Int32

    /// Listens on a free port.
    package init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        guard bound else { throw Failure() }
    }

    deinit { close(descriptor) }
}
