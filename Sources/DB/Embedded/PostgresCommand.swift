internal import Glibc
internal import Subprocess
internal import SystemPackage

/// Runs PostgreSQL's own programs, as the cluster's owner.
struct PostgresCommand: Sendable {
    /// The result of a program.
    struct Answer: Sendable {
        var isSuccess: Bool
        /// Standard output and standard error.
        var output: String
    }

    /// The directory of the programs.
    let programs: String
    /// The user to run as; nil for our own user.
    let owner: ClusterOwner?

    /// Runs a program (one of PostgreSQL's unless its path is given) in a session of its own: Ctrl-C in a terminal is
    /// for the server, which stops the cluster last.
    func run(_ program: String, _ arguments: [String]) async throws(ClusterError) -> Answer {
        var words = [program.hasPrefix("/") ? program : "\(programs)/\(program)"] + arguments
        // The options of Subprocess are not used: it would call setgroups(3) between fork and exec, which blocks
        // forever if another thread was being created at that moment.
        // A server that has dropped root already runs as the owner.
        if let owner, geteuid() == 0 { words = Self.become(owner) + words }
        var options = PlatformOptions()
        options.createSession = true
        // Environment variables for libpq and the server must not have an effect here; messages are read in English.
        var environment: [Environment.Key: String?] = ["LC_ALL": "C"]
        for name: Environment.Key in ["PGDATA", "PGPORT", "PGHOST", "PGUSER", "PGOPTIONS"] {
            environment.updateValue(nil, forKey: name)
        }
        do {
            let result = try await Subprocess.run(
                .path(FilePath(words[0])), arguments: Arguments(Array(words.dropFirst())),
                environment: .inherit.updating(environment),
                // The owner may have no access to our directory, and the programs return to their starting directory.
                workingDirectory: "/", platformOptions: options, output: .string(limit: Self.outputBytesMax),
                error: .string(limit: Self.outputBytesMax))
            return Answer(
                isSuccess: result.terminationStatus.isSuccess,
                output: result.standardOutput + result.standardError)
        } catch {
            throw .failed(step: program, output: "\(error)")
        }
    }

    /// The prefix that runs a command as another user (setpriv(1) of util-linux, which every Debian has).
    private static func become(_ owner: ClusterOwner) -> [String] {
        ["/usr/bin/setpriv", "--reuid=\(owner.userID)", "--regid=\(owner.groupID)", "--clear-groups", "--"]
    }

    private static let outputBytesMax = 1 << 20
}
