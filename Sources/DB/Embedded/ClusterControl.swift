internal import FoundationEssentials
internal import Logging

/// Creates, starts and stops the cluster of a directory with PostgreSQL's own programs; the caller holds `start.lock`.
struct ClusterControl: Sendable {
    let paths: ClusterPaths
    /// The user that runs the cluster if the server is or was root.
    let owner: ClusterOwner?
    private let settings: [String: String]
    private let logger: Logger
    private let command: PostgresCommand

    /// Finds the programs for the cluster.
    init(
        paths: ClusterPaths, owner: ClusterOwner?, settings: [String: String], logger: Logger
    ) async throws(ClusterError) {
        self.paths = paths
        self.owner = owner
        self.settings = settings
        self.logger = logger
        let version = Self.text(ofFile: "\(paths.data)/PG_VERSION").flatMap { Int($0.prefix(while: \.isNumber)) }
        let installation = try await PostgresInstallation.find(clusterVersion: version)
        command = PostgresCommand(programs: installation.programs, owner: owner)
        logger.log(.debug, .clusterProgramsFound, [.installation: "\(installation.programs)"])
    }

    /// The running postmaster, if any.
    var postmaster: Postmaster? { Postmaster.running(on: paths.data) }

    /// Creates the cluster if it does not exist yet, and writes its settings.
    func prepare() async throws(ClusterError) {
        try FilePlace.makePrivateDirectory(paths.socketDirectory, owner: owner)
        try await checkReach()
        if !FileManager.default.fileExists(atPath: "\(paths.data)/PG_VERSION") { try await initialise() }
        let configuration = Data(paths.configuration(extra: settings).utf8)
        guard FileManager.default.createFile(atPath: "\(paths.data)/postgresql.conf", contents: configuration) else {
            throw .directory("\(paths.data)/postgresql.conf cannot be written: \(FilePlace.reason())")
        }
    }

    private func checkReach() async throws(ClusterError) {
        guard let owner else { return }
        let reached = try await command.run(
            "/usr/bin/test", ["-x", paths.directory, "-a", "-x", paths.socketDirectory])
        guard reached.isSuccess else {
            throw .directory(
                "\(paths.directory) cannot be reached by user \(owner.name): "
                    + "each directory above it must be searchable (chmod o+x), or choose another place")
        }
    }

    /// Returns when a postmaster answers: the running one, or a new one.
    func ensureRunning() async throws(ClusterError) {
        if let running = postmaster {
            if await answers() {
                logger.log(.debug, .clusterFound, [.postmaster: "\(running.pid)"])
                return
            }
            _ = try await command.run("pg_ctl", ["stop", "-D", paths.data, "-m", "immediate", "-w"])
        } else {
            try await clearAfterCrash()
        }
        try await start()
    }

    /// Stops the cluster with a fast shutdown, or with an immediate one if that takes too long.
    func stop() async throws(ClusterError) {
        try await stopPostmaster()
        // A socket directory outside the cluster's directory is created again at each start; it is empty now.
        guard !paths.socketDirectory.hasPrefix(paths.directory) else { return }
        try? FileManager.default.removeItem(atPath: paths.socketDirectory)
    }

    private func stopPostmaster() async throws(ClusterError) {
        guard postmaster != nil else { return }
        let limit = String(DBLimits.clusterStopSeconds)
        let fast = try await command.run("pg_ctl", ["stop", "-D", paths.data, "-m", "fast", "-w", "-t", limit])
        if fast.isSuccess || postmaster == nil { return }
        let atOnce = try await command.run("pg_ctl", ["stop", "-D", paths.data, "-m", "immediate", "-w", "-t", limit])
        guard atOnce.isSuccess || postmaster == nil else {
            throw .failed(step: "pg_ctl stop", output: Self.lastLines(of: atOnce.output))
        }
    }

    private func initialise() async throws(ClusterError) {
        logger.log(.notice, .clusterMade, [.directory: "\(paths.directory)"])
        // Left by an attempt that was interrupted.
        try? FileManager.default.removeItem(atPath: paths.unfinishedData)
        let made = try await command.run(
            "initdb",
            [
                "-D", paths.unfinishedData, "--username=postgres", "--encoding=UTF8", "--locale=C", "--data-checksums",
                "--auth-local=trust", "--auth-host=reject",
            ])
        guard made.isSuccess else { throw .failed(step: "initdb", output: Self.lastLines(of: made.output)) }
        do {
            try FileManager.default.moveItem(atPath: paths.unfinishedData, toPath: paths.data)
        } catch {
            throw .directory("\(paths.data) cannot be made")
        }
    }

    /// Removes the files of a killed postmaster: its process id may belong to another process or a zombie now, and
    /// PostgreSQL would refuse to start. Waits until none of its processes works in `data` any more: until then,
    /// `postmaster.pid` keeps a second server off the same files.
    private func clearAfterCrash() async throws(ClusterError) {
        let deadline = ContinuousClock.now + .seconds(DBLimits.clusterStopSeconds)
        while Postmaster.isAnyProcess(on: paths.data) {
            guard ContinuousClock.now < deadline, !Task.isCancelled else {
                throw .failed(step: "start", output: "processes of a crashed server still work in \(paths.data)")
            }
            // Cancellation of the pause is noticed above.
            try? await Task.sleep(for: DBLimits.clusterCheckInterval)
        }
        // A file may be missing; if one cannot be removed, PostgreSQL reports it.
        try? FileManager.default.removeItem(atPath: "\(paths.data)/postmaster.pid")
        for name in [ClusterPaths.socketName, ClusterPaths.socketName + ".lock"] {
            try? FileManager.default.removeItem(atPath: "\(paths.socketDirectory)\(name)")
        }
    }

    private func start() async throws(ClusterError) {
        setLogAside()
        let before = Self.text(ofFile: paths.log)?.utf8.count ?? 0
        let started = try await command.run(
            "pg_ctl",
            ["start", "-D", paths.data, "-l", paths.log, "-w", "-t", String(DBLimits.clusterStartSeconds), "-s"])
        guard started.isSuccess else {
            let log = (Self.text(ofFile: paths.log) ?? "").utf8.dropFirst(before)
            let lines = Self.lastLines(of: String(decoding: log, as: UTF8.self))
            throw .failed(step: "start", output: lines.isEmpty ? Self.lastLines(of: started.output) : lines)
        }
        logger.log(.info, .clusterStarted, [.postmaster: "\(postmaster?.pid ?? 0)"])
    }

    private func answers() async -> Bool {
        do throws(PostgresError) {
            let options = try ConnectionOptions(url: paths.url, applicationName: "chat")
            let connection = try await PostgresConnection.open(options, trying: DBLimits.clusterAnswerDeadline)
            await connection.close()
            return true
        } catch {
            return false
        }
    }

    private func setLogAside() {
        let size = (try? FileManager.default.attributesOfItem(atPath: paths.log))?[.size] as? Int ?? 0
        guard size > DBLimits.clusterLogBytesMax else { return }
        // A log that cannot be moved does no harm except for its size.
        try? FileManager.default.removeItem(atPath: paths.log + ".1")
        try? FileManager.default.moveItem(atPath: paths.log, toPath: paths.log + ".1")
    }

    private static func text(ofFile path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The most useful lines: those with errors, or the last ones.
    static func lastLines(of text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline)
        let errors = lines.filter { line in ["FATAL:", "PANIC:", "ERROR:", "HINT:"].contains { line.contains($0) } }
        return (errors.isEmpty ? lines : errors).suffix(DBLimits.clusterLogLinesReported).joined(separator: " | ")
    }
}
