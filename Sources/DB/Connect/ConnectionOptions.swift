internal import CLibPQ

/// A parsed libpq connection string with our additions; never printed, because it may hold a password.
struct ConnectionOptions: Sendable, Equatable {
    /// Keyword and value, as given to `PQconnectStartParams`.
    private(set) var settings: [String: String]
    /// The number of earlier attempts; it rotates the list of hosts and the addresses of each host.
    private(set) var attempt = 0

    /// Parses a connection string or URI as libpq does (manual, 34.1.1) and adds our defaults where nothing is given.
    ///
    /// - Throws: `PostgresError.connectionLost` without libpq's reason, which may quote the password.
    init(url: String, applicationName: String) throws(PostgresError) {
        guard let given = Self.parse(url) else {
            throw .connectionLost("db_url is neither a libpq connection string nor a URI")
        }
        // A silent peer is detected after 5 + 3 * 3 s, unanswered data after 15 s (tcp(7)).
        let defaults = [
            "fallback_application_name": applicationName, "keepalives": "1", "keepalives_idle": "5",
            "keepalives_interval": "3", "keepalives_count": "3", "tcp_user_timeout": "15000",
        ]
        settings = given.merging(defaults) { given, _ in given }
        // Text is read and written as UTF-8, whatever the environment says.
        settings["client_encoding"] = "UTF8"
    }

    /// The same options with the list of hosts rotated by `attempt`: a non-blocking connection attempt has one deadline
    /// for all hosts, so a first host that drops all packets must not use it up every time.
    func rotated(by attempt: Int) -> ConnectionOptions {
        var options = self
        options.attempt = attempt
        for keyword in ["host", "hostaddr", "port"] {
            guard let list = settings[keyword]?.split(separator: ",", omittingEmptySubsequences: false), list.count > 1
            else { continue }
            let start = attempt % list.count
            options.settings[keyword] = (list[start...] + list[..<start]).joined(separator: ",")
        }
        return options
    }

    /// The same options with this list of hosts.
    func connecting(to hosts: HostList) -> ConnectionOptions {
        var options = self
        for keyword in ["host", "hostaddr", "port"] { options.settings[keyword] = nil }
        options.settings.merge(hosts.settings) { $1 }
        return options
    }

    /// Hosts, addresses and ports that libpq would use: those given, else those of the service file (manual, 34.17) and
    /// of the environment (34.15).
    ///
    /// libpq reports them only for a connection. So this starts one with an invalid `target_session_attrs`, which libpq
    /// refuses before it resolves a name.
    func completedHostSettings() -> [String: String] {
        let options = settings.merging(["target_session_attrs": "none"]) { $1 }.sorted { $0.key < $1.key }
        let started = unsafe CStrings(options.map(\.key)).withPointers { keywords in
            unsafe CStrings(options.map(\.value)).withPointers { values in
                unsafe PQconnectStartParams(keywords, values, 0)
            }
        }
        guard let connection = unsafe started else { return settings }
        defer { unsafe PQfinish(connection) }
        guard let completed = unsafe PQconninfo(connection) else { return settings }
        let hosts = unsafe Self.settings(completed).filter { ["host", "hostaddr", "port"].contains($0.key) }
        return settings.merging(hosts) { given, _ in given }
    }

    private static func parse(_ url: String) -> [String: String]? {
        guard !url.utf8.contains(0), let options = unsafe PQconninfoParse(url, nil) else { return nil }
        return unsafe settings(options)
    }

    /// Reads an array of options, and frees it.
    private static func settings(_ options: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
        defer { unsafe PQconninfoFree(options) }
        var settings: [String: String] = [:]
        var option = unsafe options
        // The array ends with an option without a keyword.
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                unsafe settings[String(cString: keyword)] = String(cString: value)
            }
            unsafe option += 1
        }
        return settings
    }
}
