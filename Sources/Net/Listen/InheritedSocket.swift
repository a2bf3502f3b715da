internal import Glibc
internal import NIOCore

/// A listening TCP socket that another process has passed to this one.
struct InheritedSocket {
    /// Owned by the holder of this value.
    let descriptor: CInt
    /// Where it listens.
    let address: SocketAddress

    /// Inspects a descriptor; nil if it is not a socket, does not listen, or is not TCP over IP.
    init?(_ descriptor: CInt) {
        var listens: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0, listens != 0,
            let address = Self.address(of: descriptor)
        else { return nil }
        self.descriptor = descriptor
        self.address = address
    }

    /// Whether a server on this address may use it.
    ///
    /// - Throws: an error of the resolver, if the host is unknown.
    func serves(_ wanted: ListenAddress) throws -> Bool {
        var here = address
        // Port 0 matches any port.
        if wanted.port == 0 { here.port = 0 }
        return here == (try SocketAddress.makeAddressResolvingHost(wanted.host, port: wanted.port))
    }

    private static func address(of descriptor: CInt) -> SocketAddress? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let failed = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &size)
            }
        }
        guard failed == 0 else { return nil }
        let family = CInt(storage.ss_family)
        // `sockaddr_storage` is large enough and aligned for every kind of address.
        return unsafe withUnsafePointer(to: storage) { pointer in
            switch family {
            case AF_INET:
                unsafe pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { unsafe SocketAddress($0.pointee) }
            case AF_INET6:
                unsafe pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    unsafe SocketAddress($0.pointee)
                }
            default: nil
            }
        }
    }
}
