internal import Glibc
internal import Subprocess
internal import SystemPackage

/// Runs PostgreSQL's own programs, as the cluster's owner.
struct PostgresCommand: Sendable {
    /// What a program said.
    struct Answer: Sendable {
        var isSuccess: Bool
        /// Standard output and standard error.
        var output: String
    }

    /// The directory of the programs.
    let programs: String
    /// As whom to run; nil for ourselves.
    let owner: ClusterOwner?

    /// Runs a program, one of PostgreSQL's unless its path is given, in a session of its own: a terminal's Ctrl-C is for the server, which stops the cluster last.
    func run(_ program: String, _ arguments: [String]) async throws(ClusterError) -> Answer {
        var words = [program.hasPrefix("/") ? program : "\(programs)/\(program)"] + arguments
        // Not by the options of Subprocess: it would call setgroups(3) between fork and exec, which waits for ever if
        // another thread was just being made.
        // Not root any more, the server has become the owner itself.
        if let owner, geteuid() == 0 { words = Self.become(owner) + words }
        var options = PlatformOptions()
        options.createSession = true
        // Settings of libpq's and the server's own must not leak in; messages are read in English.
        var environment: [Environment.Key: String?] = ["LC_ALL": "C"]
        for name: Environment.Key in ["PGDATA", "PGPORT", "PGHOST", "PGUSER", "PGOPTIONS"] {
            environment.updateValue(nil, forKey: name)
        }
        do {
            let result = try await Subprocess.run(
                .path(FilePath(words[0])), arguments: Arguments(Array(words.dropFirst())),
                environment: .inherit.updating(environment),
                // Ours may be closed to the owner, and the programs return to where they started.
                workingDirectory: "/", platformOptions: options, output: .string(limit: Self.outputBytesMax),
                error: .string(limit: Self.outputBytesMax))
            return Answer(
                isSuccess: result.terminationStatus.isSuccess,
                output: result.standardOutput + result.standardError)
        } catch {
            throw .failed(step: program, lastWords: "\(error)")
        }
    }

    /// The words before a command that run it as somebody else (setpriv(1) of util-linux, which every Debian has).
    private static func become(_ owner: ClusterOwner) -> [String] {
        ["/usr/bin/setpriv", "--reuid=\(owner.userID)", "--regid=\(owner.groupID)", "--clear-groups", "--"]
    }

    private static let outputBytesMax = 1 << 20
}
