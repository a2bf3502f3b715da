internal import ArgumentParser
internal import Exit
internal import Telemetry

/// `App migrate`
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the database up to this version and exit.",
        discussion: """
            Applies pending migrations, which are part of this program, in order, all in one transaction, one process at \
            a time. If another application has a table of the same name, or a statement fails, nothing is changed. \
            "App serve" does the same by itself; use this to do it beforehand, with another role.

            EXAMPLE
              CHAT_DB_URL=postgresql://owner@db/chat App migrate
            """)

    @OptionGroup var configurationOptions: ConfigurationOptions
    @OptionGroup var waitOption: WaitOption

    func run() async throws {
        try await ExitFailure.reporting {
            let conf = try configurationOptions.loadOrFail()
            let applied = try await Assembly.migrate(conf, wait: waitOption.wait, Telemetry.quiet())
            for name in applied { print("applied \(name)") }
            if applied.isEmpty { print("nothing to do: the database is up to date") }
        }
    }
}
