internal import ArgumentParser

/// The option of every command that needs the database.
struct WaitOption: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("How long to wait for the database to come up.", valueName: "seconds"))
    var wait = 30

    func validate() throws { try Self.validate(wait) }

    /// Checks the value of a `--wait`.
    static func validate(_ wait: Int) throws(ValidationError) {
        guard (0...86_400).contains(wait) else { throw ValidationError("--wait takes 0 to 86400 seconds.") }
    }
}
