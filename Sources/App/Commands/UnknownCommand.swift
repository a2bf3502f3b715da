internal import ArgumentParser
internal import Configuration
internal import Exit

/// Finds an unknown word where a command was expected.
///
/// `serve` is the default, so the parser reads `App sever` as `App serve sever` and reports an unexpected argument.
enum UnknownCommand {
    /// What is wrong with the first words of a command line; nil if they name a command, or an option comes first.
    static func complaint(about arguments: [String], of root: any ParsableCommand.Type) -> String? {
        var commands = root.configuration.subcommands
        for word in arguments {
            guard !commands.isEmpty, !word.hasPrefix("-"), word != "help" else { return nil }
            if let command = commands.first(where: { $0.configuration.commandName == word }) {
                commands = command.configuration.subcommands
                continue
            }
            let names = commands.compactMap { $0.configuration.commandName }
            let advice =
                EditDistance.nearest(to: word, among: names).map { "Did you mean \"\($0)\"?" }
                ?? "The commands are: \(names.joined(separator: ", "))."
            return "Unknown command \"\(StandardError.line(word))\". \(advice)"
        }
        return nil
    }
}
