internal import ArgumentParser

/// `App session`
struct SessionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session",
        abstract: "Create, list and revoke sessions.",
        discussion: """
            A session says who the holder of a key is and which room it is in. An application usually writes the table \
            "sessions" itself; these commands do the same by hand.
            """,
        subcommands: [SessionCreateCommand.self, SessionListCommand.self, SessionRevokeCommand.self])
}
