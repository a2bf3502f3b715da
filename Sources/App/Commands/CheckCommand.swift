internal import ArgumentParser

/// `App check`
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the configuration, and with --connect what it names.",
        discussion: """
            Reports everything that is wrong at once, one line each on stderr, and exits with 78; starts nothing.

            EXAMPLES
              App check
              App check --config new.json --connect
            """)

    @OptionGroup var configurationOptions: ConfigurationOptions
    @OptionGroup var waitOption: WaitOption
    @Flag(name: .long, help: "Also try the database, LISTEN, the migrations and the TLS files.")
    var connect = false

    func run() async throws {
        try await ExitFailure.reporting {
            let conf = try configurationOptions.loadOrFail()
            print("\(configurationOptions.config): good")
            guard connect else { return }
            let findings = try await Assembly.check(conf, wait: waitOption.wait, Telemetry.quiet())
            for finding in findings { print(finding) }
        }
    }
}
