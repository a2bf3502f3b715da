internal import Rooms

/// Where the parts of an embedded cluster are.
struct ClusterPaths: Sendable, Equatable {
    /// The directory of the cluster, absolute.
    let directory: String
    /// The directory of the socket, private to the owner.
    let socketDirectory: String

    /// PostgreSQL's own directory.
    var data: String { "\(directory)/data" }
    /// Where `initdb` works until it has succeeded.
    var unfinishedData: String { "\(directory)/data.unfinished" }
    /// PostgreSQL's log.
    var log: String { "\(directory)/postgres.log" }
    /// Locked by the server that starts or stops the cluster.
    var startLock: String { "\(directory)/start.lock" }
    /// Locked (shared) by every server that uses the cluster.
    var usersLock: String { "\(directory)/users.lock" }

    /// The paths of a cluster in `directory`.
    ///
    /// The path of a socket is limited to 107 bytes, and libpq reads a comma as the end of a host. If the path breaks
    /// one of these rules, the socket gets its own directory under `temporary`, named after the cluster's directory.
    init(directory: String, temporary: String) {
        self.directory = directory
        let beside = "\(directory)/socket"
        if beside.utf8.count + Self.socketName.utf8.count <= DBLimits.socketPathBytesMax, !beside.contains(",") {
            socketDirectory = beside
        } else {
            socketDirectory = "\(temporary)/roomcast-\(Self.fingerprint(of: directory))"
        }
    }

    /// The libpq connection string of the cluster.
    var url: String {
        let host = socketDirectory.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
        return "host='\(host)' port=5432 user=postgres dbname=postgres"
    }

    /// The settings of the cluster; those of `extra` take precedence. The file is rewritten at each start; an
    /// operator's settings go into `postgresql.local.conf` beside `data`, which takes precedence over all.
    func configuration(extra: [String: String]) -> String {
        let settings = Self.settings.merging(["unix_socket_directories": socketDirectory]) { $1 }
            .merging(extra) { $1 }.sorted { $0.key < $1.key }
        let lines = settings.map { "\($0.key) = '\($0.value.replacing("'", with: "''"))'" }
        let words = ["# Written by the chat server at each start: put changes into ../postgresql.local.conf"]
        return (words + lines + ["include_if_exists = '../postgresql.local.conf'", ""]).joined(separator: "\n")
    }

    /// The name of the socket of port 5432.
    static let socketName = "/.s.PGSQL.5432"

    /// Small, safe (fsync stays on) and without a network port. The log of an error has neither the statement nor the
    /// row, which may hold a session key or the text of a message.
    private static let settings = [
        "listen_addresses": "", "port": "5432", "unix_socket_permissions": "0700", "cluster_name": "roomcast",
        "max_connections": "50", "shared_buffers": "128MB", "wal_compression": "on", "max_wal_size": "1GB",
        "checkpoint_timeout": "15min", "jit": "off", "log_checkpoints": "off", "log_timezone": "UTC",
        "timezone": "UTC", "lc_messages": "C", "log_line_prefix": "%m [%p] ",
        "log_min_error_statement": "panic", "log_error_verbosity": "terse",
    ]

    /// A short name for a long path. The check of the directory's owner shows whether it is ours.
    private static func fingerprint(of text: String) -> String { String(FNV1a.hash(text.utf8), radix: 16) }
}
