internal import ArgumentParser
internal import Configuration
internal import Exit
internal import Glibc
internal import Logging
internal import ProcessControl
internal import Telemetry

/// `App serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the server (the default).",
        discussion: """
            Waits for the database, applies pending migrations, listens, and logs one line an event on stdout; the \
            event "ready" says that clients may connect and on which ports. SIGTERM or SIGINT (Ctrl-C) stops it: \
            everything received is stored and shown, clients are sent away, and it exits with 0. SIGUSR2 starts a new \
            process in its place, without refusing a client in between. SIGHUP reads the TLS files and the settings that \
            can change at once anew.

            EXAMPLES
              App serve
              App serve --config /etc/roomcast/site_conf.json --wait 120
              CHAT_DB_URL=postgresql://chat@db/chat App serve --no-migrate
            """)

    @OptionGroup var configurationOptions: ConfigurationOptions
    @OptionGroup var waitOption: WaitOption
    @Flag(name: .customLong("no-migrate"), help: "Refuse to start if migrations are pending, instead of applying them.")
    var noMigrate = false
    @Option(name: .long, help: ArgumentHelp("How log lines look: json, or text for people.", valueName: "format"))
    var logFormat = LogFormat.json

    func run() async throws {
        // Until the server can handle a restart or reload, these signals must not end it.
        signal(SIGUSR2, SIG_IGN)
        signal(SIGHUP, SIG_IGN)
        let process = ServerProcess(program: .current(), predecessor: .fromEnvironment())
        try await ExitFailure.reporting {
            let telemetry: Telemetry
            let conf: SiteConf
            do {
                conf = try configurationOptions.load()
                telemetry = Telemetry.start(format: logFormat, level: conf.logLevel)
            } catch let errors as ConfigErrors {
                if logFormat == .json { report(errors) }
                throw ExitFailure(errors)
            }
            defer { telemetry.sink.flush() }
            try await Assembly.serve(
                conf, rereading: configurationOptions.load, wait: waitOption.wait, appliesMigrations: !noMigrate,
                process, telemetry)
        }
    }

    /// Repeats the issues on stdout, for programs that read only stdout.
    private func report(_ errors: ConfigErrors) {
        let telemetry = Telemetry.start(format: .json, level: .info)
        for issue in errors.issues {
            telemetry.logger.log(
                .error, .configError,
                ["file": .string(errors.source), "path": .string(issue.path), "detail": .string(issue.text)])
        }
        telemetry.sink.flush()
    }
}
