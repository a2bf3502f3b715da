internal import ArgumentParser

/// Runs one step of a message's way, so that `scripts/instructions` can count its instructions.
@main
struct InstructionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Instructions",
        abstract: "Runs one step of a message's way a number of times, for a program that counts instructions.",
        discussion: "Prints the number of messages that one round works on.")

    @Argument(help: "The step: \(Step.allCases.map(\.rawValue).joined(separator: ", ")).")
    var step: Step

    @Argument(help: "How often it is run; with 0, only the input is made.")
    var rounds: Int

    func run() throws {
        let work = try step.prepared()
        var bytes = 0
        for _ in 0..<rounds { bytes &+= try work.round() }
        // The result is used, so that no round can be left out.
        guard bytes > 0 || rounds <= 0 else { throw ExitCode.failure }
        print(work.messageCount)
    }
}

extension Step: ExpressibleByArgument {}
