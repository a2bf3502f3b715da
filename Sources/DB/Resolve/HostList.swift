internal import Glibc

/// The hosts of a connection string, which libpq tries one after another (manual, 34.1.1.3); each name has an address.
struct HostList: Sendable, Equatable {
    /// One host. A part that is not given is empty.
    struct Entry: Sendable, Equatable {
        /// A name, an address, or the directory of a Unix socket; libpq checks certificates and passwords by it.
        var host: String
        /// The address to connect to.
        var address: String
        var port: String
    }

    private(set) var entries: [Entry]

    /// Reads the hosts of settings in which nothing is left to libpq's defaults; returns nil if the lists have
    /// different lengths, which libpq refuses.
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
                // A single port applies to all hosts.
                port: ports.count == 1 ? ports[0] : ports.isEmpty ? "" : ports[index])
        }
    }

    /// The names that libpq would resolve itself.
    var names: Set<String> { Set(entries.filter(\.isName).map(\.host)) }

    /// Gives each name its addresses: one entry for each address, and no entry for a name without addresses.
    ///
    /// - Parameter turn: by how much the addresses of a name are rotated, so that another one is tried first.
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

    /// The hosts as settings. The lists of addresses and ports have as many elements as the list of hosts; libpq treats
    /// an empty element as not given.
    var settings: [String: String] {
        var settings = ["host": entries.map(\.host), "hostaddr": entries.map(\.address), "port": entries.map(\.port)]
        settings = settings.filter { $0.value.contains { !$0.isEmpty } }
        return settings.mapValues { $0.joined(separator: ",") }
    }
}

extension HostList.Entry {
    /// Whether libpq would have to resolve the host: it is neither an address nor the directory of a Unix socket (`/`,
    /// or `@` for the abstract namespace), and no address is given.
    var isName: Bool {
        guard address.isEmpty, let first = host.first, first != "/", first != "@" else { return false }
        var memory = in6_addr()
        // An address may end with the zone of its link (RFC 4007 section 11).
        let isV6 = unsafe inet_pton(AF_INET6, String(host.prefix { $0 != "%" }), &memory) == 1
        return unsafe !isV6 && inet_pton(AF_INET, host, &memory) != 1
    }
}
