internal import Foundation

/// How this process was started, to start another one in its place.
struct Program: Sendable {
    /// The executable, absolute. What is there later may be another version.
    var path: String
    /// The arguments after the name.
    var arguments: [String]

    /// This process; to be asked before anything is replaced on disk.
    static func current() -> Program {
        Program(
            path: path(name: CommandLine.arguments.first ?? ""), arguments: Array(CommandLine.arguments.dropFirst()))
    }

    /// The path as the operator gave it, if he gave one: it may be a link that is set to another version later.
    static func path(name: String) -> String {
        let running = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let given = URL(filePath: name).absoluteURL
        let isGiven = name.contains("/") && given.resolvingSymlinksInPath() == running
        return isGiven ? given.path(percentEncoded: false) : running.path(percentEncoded: false)
    }
}
