internal import FoundationEssentials
package import Logging

/// A private PostgreSQL cluster (`db_url` "embedded:DIR"): created at the first start, reachable through a Unix socket
/// only, stopped with the last server that uses it.
///
/// The postmaster is not a child of a server, so it makes no difference whether this process started it or found it
/// running: a killed server leaves it running, and the next one takes it over. Several servers may share a cluster, as
/// in a rolling restart: `users.lock` shows whether a stopping server is the last one.
package final class EmbeddedCluster: Sendable {
    /// The libpq connection string of the cluster.
    package let url: String

    private let control: ClusterControl
    private let users: ClusterLock
    private let logger: Logger

    private init(control: ClusterControl, users: ClusterLock, logger: Logger) {
        self.control = control
        self.users = users
        self.logger = logger
        url = control.paths.url
    }

    /// Starts the cluster in `directory` and creates it first if needed; returns when it answers.
    ///
    /// - Parameters:
    ///   - directory: relative to the working directory, or absolute; a new one belongs to `user` alone.
    ///   - user: the user that runs PostgreSQL if this process is root; `postgres` if nil. Not used otherwise.
    ///   - settings: further settings of PostgreSQL, by name.
    package static func start(
        directory: String, user: String? = nil, settings: [String: String] = [:], logger: Logger
    ) async throws(ClusterError) -> EmbeddedCluster {
        let owner = try ClusterOwner.current(user: user)
        let paths = ClusterPaths(directory: FilePlace.absolute(directory), temporary: temporaryDirectory)
        try FilePlace.makePrivateDirectory(paths.directory, owner: owner)
        let starting = try ClusterLock(path: paths.startLock, owner: owner)
        try await take(starting, in: paths)
        let users = try ClusterLock(path: paths.usersLock, owner: owner)
        // The exclusive lock is taken only by a holder of the other lock, which we hold now.
        guard users.tryShared() else { throw .directory("\(paths.usersLock) is locked by another program") }
        let control = try await ClusterControl(paths: paths, owner: owner, settings: settings, logger: logger)
        try await control.prepare()
        try await control.ensureRunning()
        return EmbeddedCluster(control: control, users: users, logger: logger)
    }

    /// Restarts the cluster whenever it has ended, until the task is cancelled. Cancel the task before `stop()`.
    package func run() async {
        var backoff = Backoff()
        while !Task.isCancelled {
            var pause = DBLimits.clusterCheckInterval
            if control.postmaster == nil {
                do throws(ClusterError) {
                    logger.log(.warning, .clusterEnded, [.directory: "\(control.paths.directory)"])
                    let starting = try ClusterLock(path: control.paths.startLock, owner: control.owner)
                    try await Self.take(starting, in: control.paths)
                    try await control.ensureRunning()
                    backoff.reset()
                } catch {
                    pause = backoff.pause()
                    logger.log(
                        .warning, .clusterDoesNotStart,
                        [.reason: "\(error)", .retryMilliseconds: "\(pause.milliseconds)"])
                }
            }
            // Cancellation ends the pause, and the loop with it.
            try? await Task.sleep(for: pause)
        }
    }

    /// Stops the cluster, unless another server still uses it; returns when it has ended. Not for a cancelled task.
    package func stop() async throws(ClusterError) {
        let starting = try ClusterLock(path: control.paths.startLock, owner: control.owner)
        try await Self.take(starting, in: control.paths)
        guard users.tryExclusive() else {
            logger.log(.info, .clusterLeft, [:])
            return
        }
        defer { users.release() }
        try await control.stop()
    }

    /// The process id of the running postmaster; nil if none runs at the moment.
    package var postmasterProcessID: Int32? { control.postmaster?.pid }

    private static func take(_ lock: ClusterLock, in paths: ClusterPaths) async throws(ClusterError) {
        let deadline = ContinuousClock.now + DBLimits.clusterLockDeadline
        while !lock.tryExclusive() {
            guard ContinuousClock.now < deadline, !Task.isCancelled else {
                throw .directory("\(paths.directory): another server is still starting or stopping this cluster")
            }
            // Cancellation of the pause is noticed above.
            try? await Task.sleep(for: DBLimits.clusterCheckInterval)
        }
    }

    private static var temporaryDirectory: String {
        let path = FileManager.default.temporaryDirectory.path()
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }
}
