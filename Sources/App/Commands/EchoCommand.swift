internal import ArgumentParser
internal import Exit
internal import Logging
internal import Telemetry

/// `App echo`
struct EchoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo",
        abstract: "Echo WebSocket messages, for conformance suites.",
        discussion: """
            Listens on 127.0.0.1 only, asks for no session and needs no database; the WebSocket code is the server's.

            EXAMPLE
              App echo --port 9001
            """)

    @Option(name: .long, help: ArgumentHelp("The port on 127.0.0.1; 0 takes a free one.", valueName: "port"))
    var port: UInt16
    @Option(name: .long, help: ArgumentHelp("The longest message, in bytes.", valueName: "bytes"))
    var maxMessageBytes = 16_777_216
    @Option(name: .long, help: ArgumentHelp("The most fragments of one message.", valueName: "count"))
    var maxFragments = 1_048_576

    func validate() throws {
        guard (1...1_073_741_824).contains(maxMessageBytes) else {
            throw ValidationError("--max-message-bytes takes 1 to 1073741824.")
        }
        guard (1...1_073_741_824).contains(maxFragments) else {
            throw ValidationError("--max-fragments takes 1 to 1073741824.")
        }
    }

    func run() async throws {
        try await ExitFailure.reporting {
            let telemetry = Telemetry.start(format: .json, level: .info)
            defer { telemetry.sink.flush() }
            try await Assembly.echo(
                port: Int(port), messageBytesMax: maxMessageBytes, fragmentsMax: maxFragments, telemetry)
        }
    }
}
