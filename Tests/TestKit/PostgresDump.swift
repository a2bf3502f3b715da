internal import Subprocess

extension SQL {
    /// Everything in the database as `pg_dump` writes it: equal texts mean that nothing was changed.
    public func dump() async throws -> String {
        let result = try await Subprocess.run(
            .name("pg_dump"), arguments: ["-d", url], output: .string(limit: 16 << 20), error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else { throw Failure(description: result.standardError) }
        // Minor versions of 2025 on begin and end with `\restrict` and a random word.
        return result.standardOutput.split(separator: "\n", omittingEmptySubsequences: false).filter {
            !$0.contains(#/^\\(un)?restrict /#)
        }
        .joined(separator: "\n")
    }
}
