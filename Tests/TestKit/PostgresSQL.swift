internal import Subprocess

/// SQL through PostgreSQL's own client, psql: an oracle that shares no code with the code under test.
package struct SQL: Sendable {
    /// A failure of psql.
    package struct Failure: Error, CustomStringConvertible {
        /// Its error message, with the SQLSTATE.
        package let description: String
    }

    let url: String

    /// SQL for the database at `url`.
    package init(_ url: String) { self.url = url }

    /// Runs a script and returns the rows, fields separated by `|`; each statement is its own transaction.
    @discardableResult
    package func run(_ script: String) async throws -> [String] {
        let result = try await Subprocess.run(
            .name("psql"),
            arguments: ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-d", url],
            input: .string(script), output: .string(limit: 16 << 20), error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else { throw Failure(description: result.standardError) }
        return result.standardOutput.split(separator: "\n").map(String.init)
    }
}
