import Foundation
import Glibc
import Logging
import TestKit

@testable import DB

/// A PostgreSQL cluster of a test's own, to be harmed.
actor TrialCluster {
    /// The libpq connection string.
    nonisolated let url: String

    private let paths: ClusterPaths
    private let settings: [String: String]
    private var cluster: EmbeddedCluster?

    /// A cluster in a directory, not started yet.
    init(_ directory: String, settings: [String: String] = [:]) {
        paths = ClusterPaths(directory: directory, temporary: "/tmp")
        url = paths.url
        self.settings = ["fsync": "off", "shared_buffers": "8MB"].merging(settings) { $1 }
    }

    /// Runs a test with a started cluster in a directory of its own, removed in the end.
    static func with(
        settings: [String: String] = [:], _ body: (TrialCluster) async throws -> Void
    ) async throws {
        try await withDirectory { try await with(settings: settings, in: $0.appending(path: "cluster").path, body) }
    }

    /// Runs a test with a started cluster in this directory.
    static func with(
        settings: [String: String] = [:], in directory: String, _ body: (TrialCluster) async throws -> Void
    ) async throws {
        let cluster = TrialCluster(directory, settings: settings)
        try await cluster.start()
        do { try await body(cluster) } catch {
            try? await cluster.stop()
            throw error
        }
        try await cluster.stop()
    }

    /// Runs a test with a cluster and its synchronous standby; gives the connection string of whichever is the primary.
    static func withStandby(
        _ body: (_ primary: TrialCluster, _ standby: TrialCluster, _ url: String) async throws -> Void
    ) async throws {
        try await withDirectory { directory in
            let (first, second) = ("\(directory.path)/first", "\(directory.path)/second")
            let url = """
                host='\(first)/socket,\(second)/socket' port=5432 user=postgres dbname=postgres \
                target_session_attrs=read-write
                """
            try await with(in: first) { primary in
                let standby = try await primary.standby(in: second)
                do { try await body(primary, standby, url) } catch {
                    try? await standby.stop()
                    throw error
                }
                try await standby.stop()
            }
        }
    }

    /// Starts it, making it if there is none.
    func start() async throws {
        cluster = try await EmbeddedCluster.start(
            directory: paths.directory, settings: settings, logger: Logger(label: "test"))
    }

    /// Stops it in order.
    func stop() async throws {
        try await cluster?.stop()
        cluster = nil
    }

    /// Sends its postmaster a signal and waits until all its processes have ended.
    func end(by signal: Int32) async throws {
        if let postmaster = cluster?.postmasterProcessID { kill(postmaster, signal) }
        try await ended()
    }

    /// Kills all its processes at once, as the death of their machine does.
    func killAll() async throws {
        signalAll(SIGKILL)
        try await ended()
    }

    /// Sends all its processes a signal.
    func signalAll(_ signal: Int32) { for process in processes { kill(process, signal) } }

    /// A running standby, copied from this cluster; from here on commits wait for it.
    private func standby(in directory: String) async throws -> TrialCluster {
        let standby = TrialCluster(directory, settings: settings)
        let owner = try ClusterOwner.current(user: nil)
        try FilePlace.makePrivateDirectory(directory, owner: owner)
        let programs = try await PostgresInstallation.find(clusterVersion: nil).programs
        let copied = try await PostgresCommand(programs: programs, owner: owner).run(
            "pg_basebackup",
            ["-d", url, "-D", standby.paths.data, "--write-recovery-conf", "--checkpoint=fast", "--no-sync"])
        guard copied.isSuccess else { throw ClusterError.failed(step: "pg_basebackup", output: copied.output) }
        try await standby.start()
        let sql = SQL(url)
        try await sql.run("alter system set synchronous_standby_names = '*'; select pg_reload_conf()")
        let synchronous = "select count(*) from pg_stat_replication where sync_state = 'sync'"
        while try await sql.run(synchronous) != ["1"] {}
        return standby
    }

    /// Makes a standby the primary.
    func promote() async throws { try await SQL(url).run("select pg_promote()") }

    private func ended() async throws {
        // They are nobody's children here, so nobody is told.
        while Postmaster.isAnyProcess(on: paths.data) { try await Task.sleep(for: .milliseconds(5)) }
        cluster = nil
    }

    private var processes: [Int32] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap(Int32.init).filter {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\($0)/cwd")) == paths.data
        }
    }
}
