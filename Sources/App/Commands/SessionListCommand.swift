internal import ArgumentParser
internal import Exit
internal import Telemetry

/// `App session list`
struct SessionListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the sessions, one a line: fingerprint, room, role, user, end.",
        discussion: "The fingerprint stands for the key, which is not shown; logs name sessions by it.")

    @OptionGroup var configurationOptions: ConfigurationOptions
    @OptionGroup var waitOption: WaitOption

    func run() async throws {
        try await ExitFailure.reporting {
            let conf = try configurationOptions.loadOrFail()
            for line in try await Assembly.listSessions(conf, wait: waitOption.wait, Telemetry.quiet()) { print(line) }
        }
    }
}
