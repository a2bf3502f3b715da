internal import ArgumentParser
internal import Exit
internal import Rooms
internal import Telemetry

/// `App session create`
struct SessionCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create a session and print its key.",
        discussion: """
            EXAMPLES
              App session create "Michael Redman"
              App session create Ada --room 7 --role moderator --expires-in 24h
              App session create Ada --key 1
              App session create Ada --hashed
            """)

    @OptionGroup var configurationOptions: ConfigurationOptions
    @OptionGroup var waitOption: WaitOption
    @Argument(help: "The name shown to the room.")
    var user: String
    @Option(name: .long, help: ArgumentHelp("The number of the room.", valueName: "n"))
    var room: Int32 = 0
    @Option(
        name: .long, help: ArgumentHelp("What the session may do: member, reader or moderator.", valueName: "role"),
        transform: parseRole)
    var role = Session.Role.member
    @Option(name: .long, help: "The session key; a random one of 256 bits when not given.")
    var key: String?
    @Option(
        name: .long,
        help: ArgumentHelp(
            "How long the session holds, as 90s, 30m, 24h or 7d; for ever if not given.", valueName: "time"))
    var expiresIn: SessionLifetime?
    @Flag(name: .long, help: "Store only a hash of the key: the database does not reveal it.")
    var hashed = false

    private static func parseRole(_ name: String) throws -> Session.Role {
        guard let role = Session.Role(rawValue: name) else {
            throw ValidationError("A role is member, reader or moderator.")
        }
        return role
    }

    func validate() throws {
        guard !user.isEmpty, !user.utf8.contains(0) else { throw ValidationError("The user needs a name.") }
        if let key, key.isEmpty || key.utf8.contains(0) { throw ValidationError("The key must not be empty.") }
        if let key, key.hasPrefix("sha256:"), !hashed {
            throw ValidationError("A key must not begin with sha256: give the key itself, and --hashed.")
        }
    }

    func run() async throws {
        try await ExitFailure.reporting {
            let conf = try configurationOptions.loadOrFail()
            let session = SessionRequest(
                key: key ?? SessionKey.random(), user: user, room: RoomID(room), role: role, lifetime: expiresIn,
                isHashed: hashed)
            try await Assembly.createSession(session, conf, wait: waitOption.wait, Telemetry.quiet())
            print(session.key)
        }
    }
}
