internal import Glibc

/// The addresses of a host name, or why there are none, as text for people.
enum HostLookup: Sendable, Equatable {
    case addresses([String])
    case failed(String)

    /// Asks the system's resolver (getaddrinfo(3)), with the hints that libpq gives; may block for a long time.
    static func system(_ name: String) -> HostLookup {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>? = nil
        let failure = unsafe getaddrinfo(name, nil, &hints, &list)
        guard failure == 0 else { return .failed(unsafe String(cString: gai_strerror(failure))) }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [String] = []
        var next = unsafe list
        while let info = unsafe next {
            if let address = unsafe numeric(info.pointee), !addresses.contains(address) { addresses.append(address) }
            unsafe next = unsafe info.pointee.ai_next
        }
        return addresses.isEmpty ? .failed("it has no address") : .addresses(addresses)
    }

    private static func numeric(_ info: addrinfo) -> String? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let failure = unsafe getnameinfo(
            info.ai_addr, info.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        guard failure == 0 else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
