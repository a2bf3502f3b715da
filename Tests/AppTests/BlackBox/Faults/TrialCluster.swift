import Foundation
import Glibc
import Logging

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
