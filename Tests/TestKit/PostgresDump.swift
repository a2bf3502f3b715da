internal import Subprocess
internal import SystemPackage

extension SQL {
    /// The whole database as `pg_dump` writes it: equal texts mean that nothing was changed.
    ///
    /// - Parameter schema: a schema that is left out.
    package func dump(withoutSchema schema: String? = nil) async throws -> String {
        // The server's own program: one of an older version would refuse.
        let programs = try await run("select setting from pg_config where name = 'BINDIR'")
        let result = try await Subprocess.run(
            .path(FilePath("\(programs.joined())/pg_dump")),
            arguments: Arguments(["-d", url] + (schema.map { ["-N", $0] } ?? [])),
            output: .string(limit: 16 << 20), error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else { throw Failure(description: result.standardError) }
        // Minor versions since 2025 begin and end their output with `\restrict` and a random word.
        return result.standardOutput.split(separator: "\n", omittingEmptySubsequences: false).filter {
            !$0.contains(#/^\\(un)?restrict /#)
        }
        .joined(separator: "\n")
    }
}
