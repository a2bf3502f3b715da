internal import ArgumentParser
internal import Exit
internal import Glibc
internal import Telemetry

/// `App check`
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the configuration, and with --connect what it names.",
        discussion: """
            Reports everything that is wrong at once, one line each on stderr, and exits with 78; starts nothing and \
            changes nothing.

            EXAMPLES
              App check
              App check --config new.json --connect
              App check --explain limits.ping_interval_s
              App check --explain limits
            """)

    @OptionGroup var configurationOptions: ConfigurationOptions
    @Option(
        name: .long,
        help: ArgumentHelp("With --connect: how long to wait for the database to come up.", valueName: "seconds"))
    var wait = 5
    @Flag(name: .long, help: "Also try the database, LISTEN, the migrations and the TLS files.")
    var connect = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Read no configuration; print the type, range, default and meaning of a setting, or of all settings of a section.",
            valueName: "setting"))
    var explain: String?

    func validate() throws {
        try WaitOption.validate(wait)
        if explain != nil, connect { throw ValidationError("--explain and --connect exclude each other.") }
    }

    func run() async throws {
        try await ExitFailure.reporting {
            if let explain {
                for line in try SettingExplanation.lines(of: explain) { print(line) }
                return
            }
            let conf = try configurationOptions.loadOrFail()
            print("\(configurationOptions.config): good")
            guard connect else { return }
            // Standard output is buffered in a pipe; the error that may follow on standard error is not.
            fflush(nil)
            let findings = try await Assembly.check(conf, wait: wait, Telemetry.quiet())
            for finding in findings { print(finding) }
        }
    }
}
