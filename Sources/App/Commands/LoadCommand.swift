internal import ArgumentParser
internal import Exit
internal import LoadClient

/// `App load`
struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Put load on a server and audit what it delivers.",
        discussion: """
            Opens connections that each say something now and then, and checks at every receiver that each message \
            arrives exactly once, in order, and the same for all. A connection that breaks comes back and resumes \
            where it was. Runs until Ctrl-C or for --duration; then prints a summary. Exits with 1 if anything was \
            lost, doubled or out of order, or a connection was refused for good. Ends at once if no server listens at the \
            address.

            "{n}" in the URL becomes the number of the connection, 1 to N: for sessions and rooms of their own.

            EXAMPLES
              App load 'ws://127.0.0.1:56412/?session_key=KEY' 100 10
              App load 'ws://127.0.0.1:56412/?session_key=KEY' --connections 1000 --interval 10 --duration 60
              App load 'wss://chat.example.org/?session_key=load{n}' --connections 50 --interval 0.5 --id --json
            """)

    @Argument(help: "The ws:// or wss:// address with its session key.")
    var url: String
    @Argument(help: ArgumentHelp("Connections, as --connections.", valueName: "n"))
    var positionalConnections: Int?
    @Argument(help: ArgumentHelp("Seconds between messages, as --interval.", valueName: "s"))
    var positionalInterval: Double?
    @Option(name: .long, help: ArgumentHelp("How many connections to open (default: 1).", valueName: "n"))
    var connections: Int?
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Seconds between two messages of a connection, on average (default: 10); 0 only listens.", valueName: "s"))
    var interval: Double?
    @Option(name: .long, help: ArgumentHelp("Stop after so many seconds (default: at Ctrl-C).", valueName: "s"))
    var duration: Double?
    @Flag(name: .long, help: "Give each message an id, and send again what may not have been stored.")
    var id = false
    @Flag(name: .long, help: "Accept any TLS certificate.")
    var insecure = false
    @Flag(name: .long, help: "Print the summary as one line of JSON.")
    var json = false

    func validate() throws {
        guard connections == nil || positionalConnections == nil, interval == nil || positionalInterval == nil else {
            throw ValidationError("Give connections and interval either by position or by option, not both.")
        }
        _ = try plan()
    }

    func run() async throws {
        try await ExitFailure.reporting {
            let summary = try await LoadRun.run(try plan())
            print(json ? summary.json : summary.text)
            if let unreachable = summary.unreachable {
                throw ExitFailure(.auditFailed, "\(unreachable); is the server running there?")
            }
            guard summary.isClean else { throw ExitCode(ExitStatus.auditFailed.rawValue) }
        }
    }

    /// The plan that the options describe.
    func plan() throws -> LoadPlan {
        guard let target = LoadTarget(url) else {
            throw ValidationError("Expected an address like ws://127.0.0.1:56412/?session_key=KEY.")
        }
        let plan = LoadPlan(
            target: target, connections: connections ?? positionalConnections ?? 1,
            interval: interval ?? positionalInterval ?? 10, duration: duration, sendsIDs: id,
            verifiesCertificate: !insecure)
        if let problem = plan.problem { throw ValidationError(problem) }
        return plan
    }
}
