internal import FoundationEssentials

/// How this process was started, to start another one in its place.
package struct Program: Sendable {
    /// The absolute path of the executable, which may be another version later.
    var path: String
    /// The arguments after the name.
    var arguments: [String]

    /// This process; call it before anything is replaced on disk.
    package static func current() -> Program {
        Program(
            path: path(name: CommandLine.arguments.first ?? ""), arguments: Array(CommandLine.arguments.dropFirst()))
    }

    /// The path as the operator gave it, if any: it may be a link that points to another version later.
    static func path(name: String) -> String {
        let running = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let given = URL(filePath: name).absoluteURL
        let isGiven = name.contains("/") && given.resolvingSymlinksInPath() == running
        return isGiven ? given.path(percentEncoded: false) : running.path(percentEncoded: false)
    }
}
