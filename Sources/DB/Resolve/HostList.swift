internal import Glibc

/// The hosts of a connection string, which libpq tries one after another (manual, 34.1.1.3), with an address for each
/// that is a name.
struct HostList: Sendable, Equatable {
    /// One host. Each part is empty where it is not given.
    struct Entry: Sendable, Equatable {
        /// A name, an address, or the directory of a Unix socket; libpq checks certificates and passwords by it.
        var host: String
        /// The address to connect to.
        var address: String
        var port: String
    }

    private(set) var entries: [Entry]

    /// The hosts of settings in which nothing is left to libpq's defaults; nil when the lists are of different lengths,
    /// which libpq refuses.
    init?(_ settings: [String: String]) {
        func list(_ keyword: String) -> [String] {
            guard let value = settings[keyword], !value.isEmpty else { return [] }
            return value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
        let count = max(hosts.count, addresses.count, 1)
        guard hosts.isEmpty || hosts.count == count, addresses.isEmpty || addresses.count == count,
            ports.count <= 1 || ports.count == count
        else { return nil }
        entries = (0..<count).map { index in
            Entry(
                host: hosts.isEmpty ? "" : hosts[index], address: addresses.isEmpty ? "" : addresses[index],
                // One port is the port of all hosts.
                port: ports.count == 1 ? ports[0] : ports.isEmpty ? "" : ports[index])
        }
    }

    /// The names that libpq would resolve itself.
    var names: Set<String> { Set(entries.filter(\.isName).map(\.host)) }

    /// Gives each name its addresses: one entry for each address, and none for a name without any.
    ///
    /// - Parameter turn: how far the addresses of a name are turned, so that another one is the first to be tried.
    mutating func resolve(_ addresses: [String: [String]], turn: Int) {
        entries = entries.flatMap { entry in
            guard entry.isName else { return [entry] }
            let found = (addresses[entry.host] ?? []).prefix(DBLimits.addressesPerHostMax)
            guard !found.isEmpty else { return [] }
            let start = turn % found.count
            return (found[start...] + found[..<start]).map {
                Entry(host: entry.host, address: $0, port: entry.port)
            }
        }
    }

    /// The same as settings. Lists of addresses and ports have as many elements as that of the hosts; libpq takes an
    /// empty element for one that is not given.
    var settings: [String: String] {
        var settings = ["host": entries.map(\.host), "hostaddr": entries.map(\.address), "port": entries.map(\.port)]
        settings = settings.filter { $0.value.contains { !$0.isEmpty } }
        return settings.mapValues { $0.joined(separator: ",") }
    }
}

extension HostList.Entry {
    /// Whether libpq would have to resolve the host: it is neither an address nor the directory of a Unix socket (`/`, or
    /// `@` for the abstract namespace), and no address is given.
    var isName: Bool {
        guard address.isEmpty, let first = host.first, first != "/", first != "@" else { return false }
        var memory = in6_addr()
        // An address may end with the zone of its link (RFC 4007 section 11).
        let isV6 = unsafe inet_pton(AF_INET6, String(host.prefix { $0 != "%" }), &memory) == 1
        return unsafe !isV6 && inet_pton(AF_INET, host, &memory) != 1
    }
}
