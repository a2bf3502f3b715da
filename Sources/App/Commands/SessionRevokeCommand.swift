internal import ArgumentParser
internal import Exit
internal import Telemetry

/// `App session revoke`
struct SessionRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "End a session; its clients are sent away.",
        discussion: """
            The session is named by its key, or by its fingerprint as "App session list" and the log show it: at least \
            the first 8 digits. A key on the command line stays in the shell's history; "-" reads it from standard \
            input instead. If no session has the name, or several have, nothing is revoked and the exit code is 64.

            EXAMPLES
              App session revoke 0f1e2d3c4b5a6978
              App session revoke - < key-file
            """)

    @OptionGroup var configurationOptions: ConfigurationOptions
    @OptionGroup var waitOption: WaitOption
    @Argument(help: "A fingerprint, or the first 8 or more digits of one; or the key; or - for standard input.")
    var session: String

    func run() async throws {
        try await ExitFailure.reporting {
            let conf = try configurationOptions.loadOrFail()
            try await Assembly.revokeSession(word(), conf, wait: waitOption.wait, Telemetry.quiet())
            print("revoked")
        }
    }

    /// The key or fingerprint, from the command line or from standard input.
    private func word() throws(ExitFailure) -> String {
        guard session == "-" else { return session }
        guard let line = readLine(), !line.isEmpty else {
            throw ExitFailure(.usage, "there is no key on standard input: its first line is taken")
        }
        return line
    }
}
