internal import ArgumentParser

/// `App session revoke`
struct SessionRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "End a session; its clients are sent away.",
        discussion: """
            EXAMPLE
              App session revoke KEY
            """)

    @OptionGroup var configurationOptions: ConfigurationOptions
    @OptionGroup var waitOption: WaitOption
    @Argument(help: "The session key.")
    var key: String

    func run() async throws {
        try await ExitFailure.reporting {
            let conf = try configurationOptions.loadOrFail()
            guard try await Assembly.revokeSession(key, conf, wait: waitOption.wait, Telemetry.quiet()) else {
                throw ExitFailure(.usage, "no session has this key")
            }
            print("revoked")
        }
    }
}
