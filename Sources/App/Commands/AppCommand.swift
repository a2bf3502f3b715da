internal import ArgumentParser

/// The command line of Roomcast.
struct AppCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "App",
        abstract: "Roomcast: a chat-room server that stores every message before it shows it.",
        discussion: """
            Without a subcommand the server is started: "App" is "App serve".

            EXAMPLES
              App                                   serve with ./site_conf.json
              App serve --config /etc/roomcast/site_conf.json
              App check --connect                   is everything in place?
              App session create "Michael Redman" --room 0
              App load 'ws://127.0.0.1:56412/?session_key=KEY' 100 10

            EXIT CODES
               0 clean                  70 internal error
              64 usage                  78 configuration
              69 database unavailable
            """,
        version: "Roomcast \(Version.current)",
        subcommands: [
            ServeCommand.self, CheckCommand.self, MigrateCommand.self, SessionCommand.self, LoadCommand.self,
            EchoCommand.self,
        ],
        defaultSubcommand: ServeCommand.self)
}
